"""Runs at the same time (`dvc exp run --queue`, `dvc queue start -j 2`) ask a model one after the other.

So the second one finds the answers of the first instead of paying for them again, and limits, which are those of an
account and not of a process, hold for all of them. It costs little: what two could send at once, one can.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import filelock

from locomo.errors import InputError

POLL: Final = 0.25
"""Seconds between two looks whether the other run has ended."""

log = logging.getLogger("locomo")


@asynccontextmanager
async def one_run_at_a_time(folder: Path, model: str) -> AsyncIterator[None]:
    """Hold the right to ask a model; a killed process gives it back. InputError if the folder cannot be used."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: cannot be made ({error.strerror}); runs that ask one model wait for each other here"
        ) from None
    lock = filelock.AsyncFileLock(
        folder / f"{hashlib.sha256(model.encode()).hexdigest()[:16]}.lock", poll_interval=POLL
    )
    try:
        await lock.acquire(timeout=0)
    except filelock.Timeout:
        log.info("another run is asking %s: waiting for it, to take over its answers", model)
        await lock.acquire(timeout=-1)
    try:
        yield
    finally:
        await lock.release()
