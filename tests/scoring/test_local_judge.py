"""The local judge: what it accepts of planted answers, and that its weights fit its features."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.schema import Claim
from locomo.scoring.local_judge import judge_here, judge_name, local_version
from locomo.scoring.local_judge.features import FEATURES
from locomo.scoring.local_judge.judging import read_weights
from locomo.scoring.planted import plant
from locomo.scoring.rewording import DATE_FORMS, SYNONYMS, other_numbers, reordered, respelled_dates, synonymous


def test_every_feature_has_a_weight() -> None:
    assert set(read_weights().by_feature) == set(FEATURES)
    assert 0 < read_weights().threshold < 1


def test_its_accuracy_is_named_after_its_version() -> None:
    assert judge_name("local", "balanced") == local_version()
    assert judge_name("openai/gpt-4o", "balanced") == judge_name(None, "balanced") == "balanced"


def test_it_accepts_what_is_right_and_little_that_is_vague_or_something_else() -> None:
    planted = plant(read_conversations(SAMPLE), 40, seed=0)
    verdicts = judge_here([each.claim for each in planted])
    accepted = {
        kind: np.mean([bool(v.correct) for each, v in zip(planted, verdicts, strict=True) if each.kind == kind])
        for kind in ("right", "vague", "specific")
    }
    assert accepted["right"] >= 0.9
    assert accepted["vague"] <= 0.05
    assert accepted["specific"] <= 0.05
    assert all(verdict.usage is not None and verdict.usage.cost_usd == 0.0 for verdict in verdicts)


def test_what_abstains_is_told_by_its_words() -> None:
    claims = [Claim("What is her cat called?", None, text) for text in ("It is not mentioned.", "Tom")]
    assert [verdict.correct for verdict in judge_here(claims)] == [True, False]
    assert judge_here([]) == []


@pytest.mark.parametrize(
    ("form", "said"),
    list(
        zip(
            DATE_FORMS,
            ("met on May 7, 2023", "met on 2023-05-07", "met on the 7th of May 2023", "met on Sunday, 7 May 2023"),
            strict=True,
        )
    ),
)
def test_dates_are_respelled(form: str, said: str) -> None:
    assert respelled_dates("met on 7 May 2023", form) == said


def test_reworded_answers_say_the_same() -> None:
    assert other_numbers("3 cats and two dogs") == "three cats and 2 dogs"
    assert other_numbers("in May 2023, 3 times") == "in May 2023, 3 times"
    assert reordered("tea, cake and jam") == "jam; cake; tea"
    assert reordered("7 May 2023, in the park") == "7 May 2023, in the park"
    assert synonymous("Her mom, at home", SYNONYMS) == "Her mother, at house"
    assert len({word for word, _ in SYNONYMS}) == len(SYNONYMS)
