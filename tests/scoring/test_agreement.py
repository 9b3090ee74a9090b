"""Agreement of judges, checked against statsmodels."""

from __future__ import annotations

import random

import numpy as np
import pytest
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from locomo.scoring.agreement import cohen_kappa, fleiss_kappa


def ratings(raters: int, share: float, seed: int) -> list[list[bool]]:
    """Items that are right or wrong, and raters who see that with this probability."""
    pick = random.Random(seed)
    truths = [pick.random() < 0.6 for _ in range(80)]
    return [[truth if pick.random() < share else not truth for _ in range(raters)] for truth in truths]


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", range(5))
def test_kappas_are_those_of_statsmodels(share: float, seed: int) -> None:
    rated = ratings(3, share, seed)
    table, _ = aggregate_raters(np.array(rated, dtype=int))
    assert fleiss_kappa(rated) == pytest.approx(statsmodels_fleiss(table))
    one, other = ([row[rater] for row in rated] for rater in (0, 1))
    crossed = np.array(
        [[sum(a == x and b == y for a, b in zip(one, other, strict=True)) for y in (0, 1)] for x in (0, 1)]
    )
    assert cohen_kappa(one, other) == pytest.approx(cohens_kappa(crossed).kappa)


def test_by_hand() -> None:
    assert cohen_kappa([1, 1, 0, 0], [1, 1, 0, 0]) == 1.0
    assert cohen_kappa([1, 1, 0, 0], [1, 0, 1, 0]) == 0.0
    assert cohen_kappa([1, 1, 0, 0], [0, 0, 1, 1]) == -1.0
    assert fleiss_kappa([[1, 1, 1], [0, 0, 0]]) == 1.0


def test_where_all_say_the_same_nothing_can_be_told() -> None:
    assert cohen_kappa([1, 1], [1, 1]) is None
    assert cohen_kappa([], []) is None
    assert fleiss_kappa([[1, 1], [1, 1]]) is None
    assert fleiss_kappa([]) is None
    assert fleiss_kappa([[1], [0]]) is None
