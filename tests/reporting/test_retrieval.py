"""Recall and ranking measures of a retriever, against numbers reckoned by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation, Question
from locomo.scoring.ranking import Evaluation, evaluate

CONVERSATION = read_conversations(SAMPLE)[0]


class InReadingOrder:
    """Finds the units as they come, all alike."""

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        return [[Hit(one, 0.0) for one in UNITS[unit](conversation)[:k]] for _ in questions]


def asked(*evidence: list[str], category: int = 4) -> Conversation:
    questions = [Question(question="?", category=category, evidence=ids, answer="x") for ids in evidence]
    return CONVERSATION.model_copy(update={"questions": questions})


def test_measures_by_hand() -> None:
    # Places 2 and 4 of the ranking; a turn that does not exist; nothing; the fifth turn alone.
    conversation = asked(["D1:2", "D1:4"], ["D1:1", "D9:99"], [], ["D1:5"])
    found = evaluate([conversation], InReadingOrder(), "dialog", [4, 2]).values
    assert found["recall"].tolist() == [[0.5, 1], [0.5, 0.5], [0, 0], [0, 0]]
    assert found["all_evidence"].tolist() == [[0, 1], [0, 0], [0, 0], [0, 0]]
    ideal = 1 + 1 / math.log2(3)
    np.testing.assert_allclose(
        found["ndcg"][0], [1 / math.log2(3) / ideal, (1 / math.log2(3) + 1 / math.log2(5)) / ideal]
    )
    assert found["ndcg"][1:].tolist() == [[1, 1], [0, 0], [0, 0]]
    assert found["mrr"].tolist() == [[0.5, 0.5], [1, 1], [0, 0], [0, 0]]


def test_summaries_count_by_session() -> None:
    found = evaluate([asked(["D2:1", "D3:1"])], InReadingOrder(), "summary", [1, 2, 3]).values
    assert found["recall"].tolist() == [[0, 0.5, 1]]
    assert found["mrr"].tolist() == [[0, 0.5, 0.5]]


def test_means_are_by_category_and_over_all_questions() -> None:
    mixed = asked(["D1:1"], ["D1:9"]), asked(["D1:1"], category=5)
    found = evaluate(mixed, InReadingOrder(), "dialog", [1])
    assert found.means("recall") == {"single_hop": [0.5], "adversarial": [1.0], "overall": [2 / 3]}


def evaluation(values: list[float], conversations: list[int]) -> Evaluation:
    column = np.array(values)[:, None]
    return Evaluation((5,), np.array(conversations), np.full(len(values), 4), {"recall": column})


def test_intervals_are_wide_where_conversations_differ() -> None:
    groups = [n for n in range(10) for _ in range(20)]
    alike = evaluation([i % 2 for i in range(200)], groups)
    apart = evaluation([float(n % 2) for n in groups], groups)
    ((low, high),), ((lowest, highest),) = alike.intervals("recall"), apart.intervals("recall")
    assert low == high == 0.5
    assert lowest <= 0.3
    assert highest >= 0.7
    assert apart.intervals("recall") == [(lowest, highest)]


def test_one_conversation_has_no_interval() -> None:
    assert evaluation([0, 1], [0, 0]).intervals("recall") is None


def test_nothing_to_measure() -> None:
    with pytest.raises(InputError, match="no question in these conversations"):
        evaluate([asked()], InReadingOrder(), "dialog", [5])
