"""Arithmetic of score matrices of shape (questions, units): what a unit owes to those around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def standardised(scores: NDArray[Any]) -> Scores:
    """Return each row with mean 0 and standard deviation 1 (population); a row of equals becomes zeros."""
    values: Scores = np.asarray(scores, dtype=np.float64)
    if not values.size:
        return values
    centred: Scores = values - values.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    result: Scores = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 1e-9)
    return result


def neighbour(scores: Scores, groups: Sequence[int], offset: int) -> Scores:
    """Return the score of the unit `offset` places before (negative) or after; 0 where that is in another group."""
    where = np.asarray(groups)
    shifted = np.zeros_like(scores)
    size, step = len(where), abs(offset)
    if not 0 < step < size:
        return shifted
    here, there = (slice(step, size), slice(0, size - step))[:: 1 if offset < 0 else -1]
    shifted[:, here] = np.where(where[here] == where[there], scores[:, there], 0.0)
    return shifted


def group_max(scores: Scores, groups: Sequence[int]) -> Scores:
    """Return, for each unit, the best score in its group."""
    best = np.empty_like(scores)
    where = np.asarray(groups)
    for group in np.unique(where):
        members = where == group
        best[:, members] = scores[:, members].max(axis=1, keepdims=True)
    return best


def reciprocal_rank(scores: Scores, constant: int = 60) -> Scores:
    """Return 1 / (constant + rank), the best of a row being of rank 1 and equals in reading order.

    Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods",
    SIGIR 2009, which uses 60.
    """
    order = np.argsort(-scores, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, scores.shape[1] + 1)[None, :], axis=1)
    return 1.0 / (constant + ranks)
