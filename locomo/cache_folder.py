"""Where this user's answers, vectors and files of models are kept, outside of workspaces."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import platformdirs

CACHE_VARIABLE: Final = "LOCOMO_CACHE_DIR"
"""Where answers are kept, and vectors beside them: a folder, or the URL of a server (for answers alone)."""


def user_folder(name: str) -> Path:
    """Return a folder of this user that all workspaces share, such as ~/.cache/locomo/<name> on Linux."""
    return Path(platformdirs.user_cache_dir("locomo")) / name


def kept_folder(name: str) -> Path:
    """Return where a kind of thing is kept: beside the answers, in `LOCOMO_CACHE_DIR` or ~/.cache/locomo."""
    chosen = os.environ.get(CACHE_VARIABLE, "")
    if chosen and "://" not in chosen:  # a server that keeps answers keeps nothing else
        return Path(chosen).expanduser() / name
    return user_folder(name)
