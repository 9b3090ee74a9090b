"""The retrievers: ways to score all units of a conversation, and the k best of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from locomo.retrieval.features import TurnFeatures
from locomo.retrieval.hybrid import through_turns
from locomo.retrieval.indexes import Indexes
from locomo.retrieval.learned import learned_turn_scores
from locomo.retrieval.opened import Opened
from locomo.retrieval.retriever import Hit
from locomo.retrieval.scores import Scores, reciprocal_rank
from locomo.schema import Conversation

Method = Callable[[Opened, str, Sequence[str]], Scores]
"""From a conversation, a kind of unit and questions to scores of shape (questions, units)."""


class ScoreRetriever:
    """A `Retriever` that scores every unit. It keeps the conversation that it was asked about last, ready for more."""

    def __init__(self, indexes: Indexes, method: Method) -> None:
        self._indexes = indexes
        self._method = method
        self._opened: Opened | None = None

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`."""
        if self._opened is None or self._opened.conversation is not conversation:
            self._opened = Opened(conversation, self._indexes)
        units = self._opened.units(unit)
        if not questions:
            return []
        scores = self._method(self._opened, unit, questions)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return [
            [Hit(units[place], float(row[place])) for place in places]
            for row, places in zip(scores, order, strict=True)
        ]


def dense(opened: Opened, kind: str, questions: Sequence[str]) -> Scores:
    """Return the encoder's similarity, questions as they are."""
    return opened.similarity(kind, questions)


def bm25(opened: Opened, kind: str, questions: Sequence[str]) -> Scores:
    """Return BM25 over the units with speaker and date."""
    return opened.bm25(kind, questions)


def fusion(opened: Opened, kind: str, questions: Sequence[str]) -> Scores:
    """Return the sum of the reciprocal ranks by `dense` and by `bm25`."""
    return reciprocal_rank(dense(opened, kind, questions)) + reciprocal_rank(bm25(opened, kind, questions))


def learned(opened: Opened, kind: str, questions: Sequence[str]) -> Scores:
    """Return scores by fitted weights: of turns, and through them of observations and summaries."""
    turns = learned_turn_scores(opened.kept(TurnFeatures), opened.conversation, questions)
    return through_turns(opened, kind, questions, turns)
