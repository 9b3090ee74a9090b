"""A light start of Great Expectations: without the clouds it can read from, with plots and statistics left for later.

Its import takes seconds of each stage. Nearly half of them go into packages that no rule here needs.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Final

OPTIONAL: Final = (
    "google.cloud",
    "google.api_core",
    "google.auth",
    "google.oauth2",
    "azure",
    "boto3",
    "botocore",
    "pyspark",
    "sqlalchemy",
)
"""Packages that Great Expectations does without if they are not installed: sources of data that are not used here."""
LATER: Final = ("altair", "scipy.stats")
"""Packages that it imports whole and uses in few places: loaded when first used."""


class _Finder(importlib.abc.MetaPathFinder):
    """Says that optional packages are not installed, and puts off the loading of others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """See `MetaPathFinder`."""
        if any(fullname == name or fullname.startswith(f"{name}.") for name in OPTIONAL):
            raise ModuleNotFoundError(f"No module named '{fullname}'", name=fullname)
        if fullname not in LATER:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


@contextmanager
def light_import() -> Iterator[None]:
    """Import within this what has the optional packages of `OPTIONAL`; those imported before stay as they are."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
