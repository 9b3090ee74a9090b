"""Arithmetic of scores, against the same done one number at a time."""

from __future__ import annotations

import statistics

import numpy as np
import pytest

from locomo.retrieval.scores import group_max, neighbour, reciprocal_rank, standardised

SESSIONS = [1, 1, 1, 2, 3, 3]
SCORES = np.random.default_rng(0).normal(size=(4, 6))


def test_standardised_rows_are_z_scores() -> None:
    for row, found in zip(SCORES.tolist(), standardised(SCORES), strict=True):
        mean, spread = statistics.fmean(row), statistics.pstdev(row)
        np.testing.assert_allclose(found, [(value - mean) / spread for value in row])


@pytest.mark.parametrize("scores", [np.zeros((2, 3)), np.full((1, 4), 0.1), np.ones((1, 1)), np.ones((0, 3))])
def test_equals_standardise_to_zero(scores: np.ndarray) -> None:
    assert standardised(scores).tolist() == np.zeros_like(scores).tolist()


@pytest.mark.parametrize("offset", [-7, -2, -1, 1, 2, 6])
def test_neighbours_are_those_of_the_same_session(offset: int) -> None:
    expected = [
        [row[i + offset] if 0 <= i + offset < 6 and SESSIONS[i + offset] == SESSIONS[i] else 0.0 for i in range(6)]
        for row in SCORES.tolist()
    ]
    assert neighbour(SCORES, SESSIONS, offset).tolist() == expected


def test_the_best_of_the_session() -> None:
    expected = [[max(v for v, s in zip(row, SESSIONS, strict=True) if s == own) for own in SESSIONS] for row in SCORES]
    assert group_max(SCORES, SESSIONS).tolist() == expected


def test_reciprocal_ranks_with_equals_in_reading_order() -> None:
    found = reciprocal_rank(np.array([[0.1, 0.9, 0.1, 0.5]]))
    np.testing.assert_allclose(found, [[1 / 63, 1 / 61, 1 / 64, 1 / 62]])
