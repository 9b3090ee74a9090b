"""How many threads local models compute with."""

from __future__ import annotations

import os
from typing import Final

from locomo.errors import InputError

THREADS_VARIABLE: Final = "LOCOMO_THREADS"

QUESTION_THREADS: Final = 1
"""Of an encoder of questions, which are short. With more, PyTorch would keep a pool of them, beside which those of
llama.cpp in this process sleep at every step (benchmarks/pytorch_beside_llama_cpp.py)."""


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
