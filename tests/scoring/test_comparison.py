"""Verdicts on changes whose truth is known, on as many questions as LoCoMo has."""

from __future__ import annotations

import numpy as np
import pytest

from locomo.schema import Score
from locomo.scoring.comparison import Change, compare_clusters, compare_scores
from locomo.scoring.statistics import Clusters, holm
from locomo.scoring.sums import sums_of

SIZES = [199, 105, 193, 260, 242, 158, 190, 239, 196, 204]
IDS = [(f"conv-{c}:{i}", [1, 2, 3, 4, 4, 4, 5][i % 7]) for c, size in enumerate(SIZES) for i in range(size)]


def run(values: np.ndarray, ids: list[tuple[str, int]] = IDS) -> list[Score]:
    return [
        Score(
            id=question_id,
            configuration="qa",
            category=category,
            f1=float(value),
            recall=1.0,
            has_evidence=True,
            has_context=False,
        )
        for (question_id, category), value in zip(ids, values, strict=True)
    ]


def scores(seed: int, *, yes_or_no: bool = False) -> np.ndarray:
    """Four of ten are right, more in some conversations than in others."""
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(len(SIZES)), SIZES)
    values = np.clip(0.4 + rng.normal(0, 0.08, len(SIZES))[names] + rng.normal(0, 0.35, len(names)), 0, 1)
    return np.round(values) if yes_or_no else values


def changes(before: np.ndarray, after: np.ndarray) -> dict[str, Change]:
    found = compare_scores(run(before), run(after), metric="f1", configuration="qa")
    return {change.group: change for change in found}


@pytest.mark.parametrize("seed", range(20))
def test_a_planted_regression_of_3_points_is_worse(seed: int) -> None:
    """Three of a hundred answers that were right are wrong now, anywhere."""
    before = scores(seed, yes_or_no=True)
    right = np.flatnonzero(before)
    after = before.copy()
    after[np.random.default_rng(100 + seed).choice(right, 60, replace=False)] = 0.0
    overall = changes(before, after)["overall"]
    assert overall.n == 1986
    assert overall.delta == pytest.approx(-60 / 1986)
    assert overall.verdict == "worse"
    assert changes(after, before)["overall"].verdict == "better"


@pytest.mark.parametrize("seed", range(20))
def test_3_points_less_on_every_answer_are_worse(seed: int) -> None:
    before = scores(seed)
    noise = np.random.default_rng(seed).normal(-0.03, 0.1, len(before))
    assert changes(before, before + noise)["overall"].verdict == "worse"


def test_a_reshuffle_is_noise() -> None:
    """The same answers' scores, dealt out anew within each conversation, or over all."""
    before = scores(1)
    names = np.repeat(np.arange(len(SIZES)), SIZES)
    rng = np.random.default_rng(2)
    within = np.concatenate([rng.permutation(before[names == c]) for c in range(len(SIZES))])
    for after in (within, rng.permutation(before)):
        overall = changes(before, after)["overall"]
        assert overall.delta == pytest.approx(0, abs=1e-12)
        assert overall.verdict == "noise"


def test_answering_anew_with_the_same_skill_is_noise_19_times_of_20() -> None:
    rng = np.random.default_rng(7)
    skill = scores(3)
    alarms = 0
    for _ in range(400):
        before, after = ((rng.random(len(skill)) < skill).astype(float) for _ in range(2))
        (change,) = compare_clusters({"overall": (added_up(before), added_up(after))}, metric="f1", configuration="qa")
        alarms += change.verdict != "noise"
    assert 5 <= alarms <= 35


def added_up(values: np.ndarray) -> Clusters:
    names = np.repeat(np.arange(len(SIZES)), SIZES)
    return Clusters(tuple(f"conv-{c}" for c in range(len(SIZES))), np.bincount(names, weights=values), np.array(SIZES))


def test_the_same_run_is_noise_everywhere() -> None:
    found = changes(scores(1), scores(1))
    assert list(found) == ["overall", "multi_hop", "temporal", "open_domain", "single_hop", "adversarial"]
    assert {change.verdict for change in found.values()} == {"noise"}
    assert {change.p for change in found.values()} == {1.0}


def test_categories_are_corrected_and_the_one_declared_test_is_not() -> None:
    before = scores(4, yes_or_no=True)
    after = scores(5, yes_or_no=True)
    found = changes(before, after)
    overall = found.pop("overall")
    assert overall.p == overall.p_sign_flip
    assert [c.p for c in found.values()] == holm([c.p_sign_flip for c in found.values()])


def test_a_regression_in_one_category_is_found_there() -> None:
    before = scores(6, yes_or_no=True)
    temporal = np.array([category == 2 for _, category in IDS])
    found = changes(before, np.where(temporal, 0.0, before))
    assert {name: change.verdict for name, change in found.items()} == {
        "overall": "worse",
        "multi_hop": "noise",
        "temporal": "worse",
        "open_domain": "noise",
        "single_hop": "noise",
        "adversarial": "noise",
    }


def test_a_loss_in_one_conversation_alone_says_nothing_of_others() -> None:
    before = scores(8)
    after = np.where(np.repeat(np.arange(len(SIZES)), SIZES) == 3, 0.0, before)
    overall = changes(before, after)["overall"]
    assert overall.delta < -0.03
    assert overall.verdict == "noise"


def test_yes_no_metrics_have_mcnemars_test_beside() -> None:
    before = scores(9, yes_or_no=True)
    after = before.copy()
    after[np.flatnonzero(before)[:20]] = 0.0
    assert changes(before, after)["overall"].p_mcnemar == pytest.approx(2 / 2**20)
    assert changes(before, scores(9))["overall"].p_mcnemar is None


def test_few_conversations_are_judged_by_the_t_test() -> None:
    """Three conversations: the sign-flip test cannot say less than 0.25."""
    ids = [(question_id, category) for question_id, category in IDS if question_id.startswith(("conv-0", "conv-1:"))]
    ids += [(f"x:{i}", 4) for i in range(100)]
    before = np.random.default_rng(0).normal(0.5, 0.2, len(ids))
    found = compare_scores(run(before, ids), run(before - 0.2, ids), metric="f1", configuration="qa")
    assert (found[0].conversations, found[0].p_sign_flip, found[0].verdict) == (3, 0.25, "worse")


def test_one_conversation_has_no_verdict() -> None:
    ids = IDS[:100]
    found = compare_scores(run(np.ones(100), ids), run(np.zeros(100), ids), metric="f1", configuration="qa")
    assert {change.verdict for change in found} == {"unknown"}


def test_questions_are_paired_by_id_and_others_are_left_out() -> None:
    before = run(scores(1))
    after = list(reversed(run(scores(1))))[100:]
    found = compare_scores(before, after, metric="f1", configuration="qa")
    assert (found[0].n, found[0].delta) == (1886, pytest.approx(0))
    assert compare_scores(before, [], metric="f1", configuration="qa") == []


def test_sums_by_conversation_say_the_same_as_questions() -> None:
    before, after = scores(1), scores(1) - np.random.default_rng(1).normal(0.02, 0.2, len(IDS))
    old, new = (sums_of(run(values))["f1"]["qa"] for values in (before, after))
    by_sums = compare_clusters({name: (old[name], new[name]) for name in old}, metric="f1", configuration="qa")
    for one, other in zip(by_sums, changes(before, after).values(), strict=True):
        assert (one.group, one.n, one.verdict, one.p) == (other.group, other.n, other.verdict, other.p)
        assert one.difference.low == pytest.approx(other.difference.low)
