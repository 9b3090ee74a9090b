"""Which predicted event is which annotated one: one-to-one, by the similarity of their sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from locomo.scoring.f1 import multiset_f1

Vectors: TypeAlias = "NDArray[np.float32]"
Encode: TypeAlias = "Callable[[Sequence[str]], Vectors]"
"""From texts to vectors of length 1, of shape (texts, dimensions)."""
Similarities: TypeAlias = "NDArray[np.float64]"

EMBEDDING_WEIGHT: Final = 0.5
"""Of the cosine of the vectors; the rest is the F1 of the stems, which tells events apart that share their topic."""
THRESHOLD: Final = 0.5
"""Similarity from which on two sentences are taken to report the same event."""
_DECIMALS: Final = 6
"""The last bits of single precision depend on the machine."""


def similarities(predicted: Sequence[str], gold: Sequence[str], encode: Encode) -> Similarities:
    """Return similarities in [-1, 1] of shape (predicted, gold): the weighted mean of cosine and F1 of stems."""
    if not predicted or not gold:
        return np.zeros((len(predicted), len(gold)))
    cosines = np.asarray(encode(predicted) @ encode(gold).T, dtype=np.float64)
    words = np.array([[multiset_f1(one, other) for other in gold] for one in predicted])
    return np.round(EMBEDDING_WEIGHT * cosines + (1 - EMBEDDING_WEIGHT) * words, _DECIMALS)


def matches(similarity: Similarities, threshold: float = THRESHOLD) -> list[tuple[int, int]]:
    """Return (predicted, gold) pairs, each side in one pair at most: as many as can be, and of those the most similar.

    No pair is less similar than the threshold.
    """
    if not similarity.size:
        return []
    from scipy.optimize import linear_sum_assignment

    # A pair more outweighs what all the others differ by.
    worth = np.where(similarity >= threshold, len(similarity) + similarity, 0.0)
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if similarity[row, column] >= threshold]
