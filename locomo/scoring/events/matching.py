"""Which predicted event is which annotated one: one-to-one, by the similarity of their sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"
Encode: TypeAlias = "Callable[[Sequence[str]], Vectors]"
"""From texts to vectors of length 1, of shape (texts, dimensions)."""
Similarities: TypeAlias = "NDArray[np.float64]"

THRESHOLD: Final = 0.67
"""Cosine from which on two sentences are taken to report the same event: the best F1 on one half of 200 labelled pairs,
with precision and recall on the other half in docs/benchmarks.md. Mixing in the F1 of their stems tells no better."""
_DECIMALS: Final = 6
"""The last bits of single precision depend on the machine."""


def similarities(predicted: Sequence[str], gold: Sequence[str], encode: Encode) -> Similarities:
    """Return cosines in [-1, 1] of shape (predicted, gold)."""
    if not predicted or not gold:
        return np.zeros((len(predicted), len(gold)))
    found: Similarities = np.asarray(encode(predicted) @ encode(gold).T, dtype=np.float64)
    return found.round(_DECIMALS)


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
