"""How long a GPU takes for a pass over the questions with a model in 4 bits, and whether that fits."""

from __future__ import annotations

from locomo.costs.inputs import Inputs, Work
from locomo.errors import InputError

BILLIONS = 7
"""The size of the model that speeds are known for."""
SECONDS = 3600.0


def fits(inputs: Inputs, gpu: str, billions: int) -> bool:
    """Return whether a model of so many billion parameters in 4 bits fits a GPU's memory."""
    return billions * inputs.gb_per_billion + inputs.gb_beside <= inputs.gpu(gpu).memory_gb


def hours(inputs: Inputs, work: Work, gpu: str, billions: int) -> float:
    """Return the hours of one pass: prompts read (what they share once), answers written; InputError if too large."""
    if not fits(inputs, gpu, billions):
        raise InputError(f"a model of {billions} billion parameters in 4 bits does not fit a GPU of kind {gpu}")
    speed = inputs.gpu(gpu)
    read = work.input_tokens * (1 - work.shared)
    return (read / speed.reads + work.output_tokens / speed.writes) * billions / BILLIONS / SECONDS
