"""What stands for one run: one `dvc repro` or `dvc exp run` with all its stages, or one evaluation in a notebook."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Final

import psutil

RUN: Final = "LOCOMO_RUN"
"""Where `locomo run` says what stands for it: its stages belong to several DVC processes."""
_own: ContextVar[str | None] = ContextVar("run", default=None)
_numbers = count(1)


def run_id() -> str:
    """Return what stands for this run: `locomo run` or DVC, which run all its stages, else this process."""
    if (own := _own.get()) is not None:
        return own
    if "DVC_STAGE" in os.environ and (run := os.environ.get(RUN)):
        return run
    process = psutil.Process(os.getppid() if "DVC_STAGE" in os.environ else os.getpid())
    return f"{process.pid}-{process.create_time():.2f}"


@contextmanager
def run_of_its_own() -> Iterator[None]:
    """Count what is done inside as one run: a budget holds for one evaluation, and not for a whole notebook."""
    token = _own.set(f"{run_id()}-{next(_numbers)}")
    try:
        yield
    finally:
        _own.reset(token)
