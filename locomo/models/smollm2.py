"""The embedded language model: SmolLM2-135M-Instruct, made once from the file that its package carries.

The package has it in Q4_1, which llama.cpp reads slowly on most processors. It becomes Q8_0 on first use and is kept
beside the answers. The SHA-256 of what is made is known, and is the model's revision.
"""

from __future__ import annotations

import atexit
import hashlib
import logging
import shutil
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from filelock import FileLock

from locomo.cache_folder import kept_folder
from locomo.errors import InputError
from locomo.files import full_disk, sha256, write_bytes
from locomo.models.embedded import smollm2

NAME: Final = "smollm2-135m-instruct"
WINDOW: Final = 8192
"""Tokens, as its file declares (reading that takes a second)."""
SHA256: Final = "0c1d3326cd9793cfb7296113c063dd5c24e2bd734b48ec1a3d01b7158eca9387"
FILE: Final = "SmolLM2-135M-Instruct.Q8_0.gguf"

log = logging.getLogger("locomo")


def embedded_file() -> Path:
    """Return the Q8_0 file, made if it is not there or not what it has to be.

    InputError if the package is missing, or if what is made has another hash than the known one.
    """
    return _file_in(kept_folder("models"))


@lru_cache(maxsize=1)
def _file_in(folder: Path) -> Path:
    path = folder / FILE
    if _is_right(path):
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{FILE}.lock")):
            if not _is_right(path):  # another process may have made it meanwhile
                _make(path)
    except OSError as error:
        reason = full_disk(error) or error.strerror or str(error)
        path = Path(tempfile.mkdtemp(prefix="locomo-")) / FILE
        atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
        log.info("%s: the embedded model cannot be kept here (%s), and is made for this process alone", folder, reason)
        _make(path)
    return path


def _is_right(path: Path) -> bool:
    if not path.is_file():
        return False
    if (found := sha256(path)) == SHA256:
        return True
    log.warning("%s: SHA-256 is %s, expected %s: it is made anew", path, found, SHA256)
    return False


def _make(path: Path) -> None:
    from locomo.models.requantise import requantise

    source = smollm2()
    log.info("gguf/%s: made from its Q4_1 file once, which takes some seconds: %s", NAME, path)
    data = requantise(source)
    if (found := hashlib.sha256(data).hexdigest()) != SHA256:
        raise InputError(
            f"{source}: as Q8_0 its SHA-256 is {found}, expected {SHA256}: the numbers would not be those of other "
            "machines; install numpy and gguf as requirements.lock has them"
        )
    write_bytes(path, data)
