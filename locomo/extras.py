"""What to install where a library is missing: the extra of this project that has it, read from its own metadata."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, requires
from typing import Final

PROJECT: Final = "locomo-pipeline"
PIPELINE: Final = "pipeline"
"""The extra of all stages, named where a library is in several."""
_OF_DVC: Final = ("dvc", "dvc_data", "dvc_objects", "pygit2", "scmrepo")
_BROUGHT_BY: Final = {
    **dict.fromkeys(_OF_DVC, "dvc"),
    "PIL": "pillow",
    "Stemmer": "pystemmer",
    "bert_score": "bert-score",
    "faiss": "faiss-cpu",
    "google": "google-generativeai",
    "great_expectations": "great-expectations",
    "huggingface_hub": "huggingface-hub",
    "ir_measures": "ir-measures",
    "opentelemetry": "opentelemetry-sdk",
}
"""Module to package, where they are called otherwise or one comes with the other."""
_REQUIREMENT: Final = re.compile(r"""^(?P<package>[\w.-]+).*;.*extra == ['"](?P<extra>[\w-]+)['"]""")


def advice(error: ModuleNotFoundError) -> str | None:
    """Return one line that says what to install; None if no extra has what is missing, which is then a bug."""
    module = (error.name or "").partition(".")[0]
    package = _BROUGHT_BY.get(module, module)
    extras = _extras(package)
    if not extras:
        return None
    extra = extras[0] if len(extras) == 1 else PIPELINE
    return f"'{package}' is not installed, and this needs it: pip install '{PROJECT}[{extra}]'"


def _extras(package: str) -> list[str]:
    """Return the extras of this project that name a package itself, but for that of its developers."""
    try:
        listed = requires(PROJECT) or []
    except PackageNotFoundError:
        return []
    found = [match for line in listed if (match := _REQUIREMENT.match(line))]
    return [match["extra"] for match in found if match["package"] == package and match["extra"] != "dev"]
