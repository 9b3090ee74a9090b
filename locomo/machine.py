"""What this machine has: threads to compute with, and a place outside of workspaces to keep things in."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from locomo.errors import InputError

CACHE_VARIABLE = "LOCOMO_CACHE_DIR"
"""Where answers are kept, and vectors beside them: a folder, or the URL of a server (for answers alone)."""
THREADS_VARIABLE = "LOCOMO_THREADS"


def user_folder(name: str) -> Path:
    """Return a folder of this user that all workspaces share, such as ~/.cache/locomo/<name> on Linux."""
    return Path(platformdirs.user_cache_dir("locomo")) / name


def kept_folder(name: str) -> Path:
    """Return where a kind of thing is kept: beside the answers, in `LOCOMO_CACHE_DIR` or ~/.cache/locomo."""
    chosen = os.environ.get(CACHE_VARIABLE, "")
    if chosen and "://" not in chosen:  # a server that keeps answers keeps nothing else
        return Path(chosen).expanduser() / name
    return user_folder(name)


def thread_count() -> int:
    """Return how many threads local models compute with: LOCOMO_THREADS, else one for each CPU of this process.

    Fewer than there are CPUs is faster on a machine that is busy with other things: threads wait for the slowest.
    """
    if wanted := os.environ.get(THREADS_VARIABLE):
        if not wanted.isdecimal() or int(wanted) < 1:
            raise InputError(f"{THREADS_VARIABLE}: found {wanted!r}, expected a whole number of at least 1")
        return int(wanted)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
