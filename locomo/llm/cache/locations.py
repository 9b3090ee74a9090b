"""Which place keeps the answers: a folder or a server, by one text."""

from __future__ import annotations

import os
from pathlib import Path

from locomo.cache_folder import CACHE_VARIABLE, user_folder
from locomo.errors import InputError
from locomo.llm.cache.backend import Backend
from locomo.llm.cache.disk import DiskBackend
from locomo.llm.cache.read_only import ReadOnlyBackend
from locomo.llm.cache.redis_backend import SCHEMES, RedisBackend


def default_folder() -> Path:
    """Return where answers are kept: outside of the workspace, so that copies of it (experiments) share them."""
    return user_folder("requests")


def open_backend(location: str | None = None, *, must_exist: bool = False) -> Backend:
    """Open a folder or a Redis URL; None is what LOCOMO_CACHE_DIR says, or the default folder.

    InputError where it cannot be used, and where `must_exist` and a folder holds no cache.
    """
    location = location or os.environ.get(CACHE_VARIABLE) or str(default_folder())
    if location.startswith(SCHEMES):
        return RedisBackend(location)
    if "://" in location:
        raise InputError(
            f"a request cache cannot be at a {location.partition('://')[0]}:// URL; "
            f"expected a folder, or a URL that begins with {', '.join(SCHEMES)}"
        )
    folder = Path(location).expanduser()
    if must_exist and not DiskBackend.is_at(folder):
        raise InputError(f"{folder}: no request cache there yet; expected a folder that a run has kept answers in")
    return ReadOnlyBackend(folder) if ReadOnlyBackend.must_be(folder) else DiskBackend(folder)
