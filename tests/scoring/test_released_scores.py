"""Scores on the released data, against facts that were counted in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.schema import Conversation
from locomo.scoring import Answer, by_configuration, score_answers


@pytest.fixture(scope="module")
def conversations(locomo10: Path) -> list[Conversation]:
    return read_conversations(locomo10)


def answers(conversations: list[Conversation], text: str | None = None, *, shown: bool = False) -> list[Answer]:
    """The gold answers (or one text for all), with every turn retrieved if `shown`."""
    return [
        Answer(
            id=c.question_id(i),
            configuration="qa",
            text=text if text is not None else question.reference or "Not mentioned",
            context_ids=[turn.dia_id for turn in c.turns] if shown else None,
        )
        for c in conversations
        for i, question in enumerate(c.questions)
    ]


def test_gold_answers_are_right(conversations: list[Conversation]) -> None:
    means = by_configuration(score_answers(conversations, answers(conversations), where="gold"))["qa"]
    assert {name: values["n"] for name, values in means.items()} == {
        "overall": 1986,
        "multi_hop": 282,
        "temporal": 321,
        "open_domain": 96,
        "single_hop": 841,
        "adversarial": 446,
    }
    # What keeps the gold from 1: golds cut at ';' in category 3, and two adversarial questions with the answer "No".
    assert means["temporal"]["f1"] == means["single_hop"]["f1"] == 1.0
    assert means["multi_hop"]["f1"] == pytest.approx(1.0, abs=0.01)
    assert means["adversarial"]["f1"] == pytest.approx(444 / 446)
    assert means["overall"]["recall"] is None


def test_always_refusing_earns_the_adversarial_questions_alone(conversations: list[Conversation]) -> None:
    scores = score_answers(conversations, answers(conversations, "Not mentioned"), where="refusals")
    means = by_configuration(scores)["qa"]
    assert means["adversarial"]["f1"] == 1.0
    assert sum(score.f1 for score in scores if score.category != 5) / 1540 < 0.005  # a "not" in a gold answer
    assert means["overall"]["f1"] == pytest.approx(446 / 1986, abs=0.003)


def test_showing_every_turn_does_not_find_all_evidence(conversations: list[Conversation]) -> None:
    scores = score_answers(conversations, answers(conversations, shown=True), where="all")
    means = by_configuration(scores)["qa"]
    assert means["open_domain"]["recall"] == pytest.approx(0.927, abs=0.0005)
    assert means["multi_hop"]["recall"] == pytest.approx(0.994, abs=0.0005)
    without = [score for score in scores if not score.has_evidence]
    assert len(without) == 4
    assert all(score.recall == 1.0 for score in without)  # each has 1, though the mean counts 0


def test_session_summaries_count_by_session(conversations: list[Conversation]) -> None:
    first = conversations[0]
    every = [f"S{session.number}" for session in first.sessions]
    shown = [Answer(first.question_id(i), "rag_summary_k5", "?", every) for i in range(len(first.questions))]
    scores = score_answers([first], shown, where="summaries")
    assert {score.recall for score in scores if score.has_evidence} == {1.0}
    assert by_configuration(scores)["rag_summary_k5"]["overall"]["recall"] == pytest.approx(
        1 - sum(not score.has_evidence for score in scores) / len(scores)
    )
