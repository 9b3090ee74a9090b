"""The same questions asked several times: the model's own noise, apart from the choice of questions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations, in the metric's own unit."""

    repeats: int
    run_sd: float
    """Between the means of whole runs: what asking everything once more would change."""
    answer_sd: float
    """Between the repeats of one question, on average (root of the mean variance)."""
    question_sd: float
    """Between questions, once the repeats' own noise is taken off."""


def spread(values: NDArray[np.float64]) -> Spread:
    """Return the spread of an array of questions × repeats, with at least two of each.

    The variance of a question's mean over K repeats is that of its true score plus 1/K of its answers' (Miller 2024,
    arXiv 2411.00640, section 3.1): question_sd² = var_i(mean_r x_ir) − answer_sd² / K, not below 0.
    """
    _, repeats = values.shape
    within = float(values.var(axis=1, ddof=1).mean())
    between = float(values.mean(axis=1).var(ddof=1)) - within / repeats
    return Spread(
        repeats=repeats,
        run_sd=float(values.mean(axis=0).std(ddof=1)),
        answer_sd=within**0.5,
        question_sd=max(0.0, between) ** 0.5,
    )
