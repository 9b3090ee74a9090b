"""Intervals and tests against scipy and statsmodels, by hand, and on simulated runs whose truth is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as mcnemar_of_statsmodels
from statsmodels.stats.multitest import multipletests

from locomo.scoring.statistics import Clusters, estimate, holm, mcnemar, sign_flip, spread

LOCOMO = [199, 105, 193, 260, 242, 158, 190, 239, 196, 204]
"""Questions of LoCoMo's ten conversations."""


def clusters(values: np.ndarray, names: np.ndarray) -> Clusters:
    return Clusters.of(zip(map(str, names), values.tolist(), strict=True))


def questions(seed: int, sizes: list[int] = LOCOMO) -> tuple[np.ndarray, np.ndarray]:
    """Scores in [0, 1] that depend on their conversation, and the conversations."""
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(len(sizes)), sizes)
    return np.clip(rng.normal(0.4, 0.3, len(names)) + rng.normal(0, 0.1, len(sizes))[names], 0, 1), names


@pytest.mark.parametrize("sizes", [LOCOMO, [5, 1, 40], [7, 7]])
def test_the_interval_is_that_of_a_regression_with_clustered_errors(sizes: list[int]) -> None:
    values, names = questions(1, sizes)
    found = estimate(clusters(values, names))
    model = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": names}, use_t=True)
    assert found.mean == pytest.approx(model.params[0], abs=1e-12)
    assert found.se == pytest.approx(model.bse[0], abs=1e-12)
    half = stats.t(len(sizes) - 1).ppf(0.975) * model.bse[0]
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(model.conf_int()[0]), abs=1e-12)
    assert found.p == pytest.approx(model.pvalues[0], abs=1e-12)


def test_by_hand() -> None:
    found = estimate(Clusters.from_sums({"a": (3.0, 4), "b": (1.0, 4)}))
    # mean 1/2; residuals 3 − 2 and 1 − 2; sqrt(2/1 · (1 + 1)) / 8
    assert (found.mean, found.se, found.n, found.conversations) == (0.5, 0.25, 8, 2)


def test_one_conversation_says_nothing_of_others() -> None:
    found = estimate(Clusters.from_sums({"a": (3.0, 4)}))
    assert (found.mean, found.se, found.low, found.p, found.half) == (0.75, None, None, None, None)


def test_questions_that_fail_together_widen_the_interval() -> None:
    values, names = questions(2)
    together = estimate(clusters(values, names))
    apart = estimate(clusters(values, np.random.default_rng(0).permutation(names)))
    assert together.se is not None
    assert apart.se is not None
    assert together.se > 1.5 * apart.se


@pytest.mark.parametrize(("between", "binary"), [(0.0, False), (0.1, False), (0.1, True), (0.25, False)])
def test_the_95_percent_interval_covers_the_truth_92_to_98_times_of_100(between: float, binary: bool) -> None:
    rng = np.random.default_rng(3)
    names = np.repeat(np.arange(10), LOCOMO)
    truth, covered = 0.4, 0
    for _ in range(2000):
        levels = truth + rng.normal(0, between, 10)[names]
        values = (rng.random(len(names)) < levels).astype(float) if binary else levels + rng.normal(0, 0.4, len(names))
        sums = np.bincount(names, weights=values)
        found = estimate(Clusters(tuple("abcdefghij"), sums, np.array(LOCOMO)))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 2000 <= 0.98


def test_the_sign_flip_test_is_scipys_permutation_test() -> None:
    differences = np.array([3.0, -1.0, 2.5, 0.5, 4.0, -0.25, 1.0, 2.0])
    found = sign_flip(Clusters(tuple("abcdefgh"), differences, np.ones(8, dtype=np.int64)))
    scipys = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert found == pytest.approx(scipys.pvalue)


def test_the_sign_flip_test_by_hand() -> None:
    sums = np.array([1.0, 2.0, -0.5])
    extreme = [abs(a + 2 * b - 0.5 * c) >= 2.5 for a, b, c in itertools.product((1, -1), repeat=3)]
    assert sign_flip(Clusters(tuple("abc"), sums, np.ones(3, dtype=np.int64))) == sum(extreme) / 8


def test_ten_conversations_that_agree_have_the_smallest_p() -> None:
    assert sign_flip(Clusters(tuple("abcdefghij"), -np.arange(1.0, 11.0), np.array(LOCOMO))) == 2 / 1024


def test_differences_that_are_rounding_alone_are_none() -> None:
    sums = np.array([1e-15, 2e-15, 3e-15])
    found = Clusters(tuple("abc"), sums, np.array([10, 10, 10]))
    assert sign_flip(found) == 1.0
    assert estimate(found).p == 1.0
    assert not estimate(found).excludes_zero


def test_many_conversations_are_drawn_with_a_seed() -> None:
    rng = np.random.default_rng(4)
    many = Clusters(tuple(f"c{i}" for i in range(18)), rng.normal(0.3, 1, 18), np.ones(18, dtype=np.int64))
    exact = stats.permutation_test((many.sums,), np.sum, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(many, seed=1) == sign_flip(many, seed=1)
    assert sign_flip(many) == pytest.approx(exact.pvalue, abs=0.01)


def test_the_sign_flip_test_is_wrong_5_times_of_100() -> None:
    rng = np.random.default_rng(5)
    wrong = sum(
        sign_flip(Clusters(tuple("abcdefghij"), rng.normal(0, 1, 10), np.array(LOCOMO))) <= 0.05 for _ in range(1000)
    )
    assert 30 <= wrong <= 70


@pytest.mark.parametrize(("gained", "lost"), [(10, 2), (3, 9), (1, 0), (5, 5), (0, 0), (40, 22)])
def test_mcnemar_is_statsmodels(gained: int, lost: int) -> None:
    before = [0.0] * gained + [1.0] * lost + [1.0] * 30 + [0.0] * 4
    after = [1.0] * gained + [0.0] * lost + [1.0] * 30 + [0.0] * 4
    table = [[30, lost], [gained, 4]]
    assert mcnemar(before, after) == pytest.approx(mcnemar_of_statsmodels(table, exact=True).pvalue)


def test_mcnemar_is_for_yes_and_no_alone() -> None:
    assert mcnemar([0.0, 1.0, 0.5], [1.0, 1.0, 1.0]) is None


@pytest.mark.parametrize("ps", [[0.01, 0.04, 0.03, 0.005, 0.2], [0.5, 0.5], [0.002] * 5, [0.9], []])
def test_holm_is_statsmodels(ps: list[float]) -> None:
    expected = multipletests(ps, method="holm")[1].tolist() if ps else []
    assert holm(ps) == pytest.approx(expected)


def test_the_models_own_noise_is_told_from_that_of_the_questions() -> None:
    rng = np.random.default_rng(6)
    true = rng.normal(0.5, 0.3, 4000)
    found = spread(true[:, None] + rng.normal(0, 0.2, (4000, 3)))
    assert found.repeats == 3
    assert found.question_sd == pytest.approx(0.3, abs=0.01)
    assert found.answer_sd == pytest.approx(0.2, abs=0.005)
    assert found.run_sd < 0.02  # of the means of 4,000 answers: 0.2 / sqrt(4000) is 0.003


def test_a_model_that_repeats_itself_has_no_noise_of_its_own() -> None:
    found = spread(np.repeat(np.array([[0.0], [1.0], [0.5]]), 3, axis=1))
    assert (found.run_sd, found.answer_sd) == (0.0, 0.0)
    assert found.question_sd == pytest.approx(0.5)


def test_a_drift_between_runs_shows_between_runs() -> None:
    found = spread(np.array([[0.0, 0.1, 0.2]] * 50))
    assert found.run_sd == pytest.approx(0.1)


def test_sums_of_other_questions_are_not_compared() -> None:
    one, other = Clusters.from_sums({"a": (1.0, 4)}), Clusters.from_sums({"a": (1.0, 5)})
    assert one.difference(other) is None
    assert one.difference(one) is not None
