"""A conversation in which to search: what its questions have in common, computed once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from locomo.errors import InputError
from locomo.retrieval.bm25 import Bm25
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.indexes import Indexes
from locomo.retrieval.scores import Scores
from locomo.retrieval.speakers import first_person
from locomo.retrieval.units import UNITS, Unit
from locomo.schema import Conversation

T = TypeVar("T")


class Opened:
    """Units of a conversation with their vectors and words. Scores are of shape (questions, units)."""

    def __init__(self, conversation: Conversation, indexes: Indexes) -> None:
        self.conversation = conversation
        self.speakers = (conversation.speaker_a, conversation.speaker_b)
        self.dates = {session.number: session.date for session in conversation.sessions}
        self._indexes = indexes
        self._units: dict[str, list[Unit]] = {}
        self._vectors: dict[str, Vectors] = {}
        self._bm25: dict[str, Bm25] = {}
        self._kept: dict[Any, Any] = {}

    def units(self, kind: str) -> list[Unit]:
        """Return the units of a kind in reading order; InputError if the conversation has none."""
        if kind not in self._units:
            self._units[kind] = UNITS[kind](self.conversation)
        if not self._units[kind]:
            raise InputError(
                f"params.yaml: rag.units: {self.conversation.sample_id} has no unit '{kind}'; leave it out"
            )
        return self._units[kind]

    def sessions(self, kind: str) -> list[int]:
        """Return the number of each unit's session."""
        return [unit.session for unit in self.units(kind)]

    def similarity(self, kind: str, questions: Sequence[str]) -> Scores:
        """Return the encoder's similarity of units and questions: the inner product of vectors, or BM25 without any."""
        self.units(kind)
        if kind not in self._vectors:
            self._vectors[kind] = self._indexes.vectors(self.conversation, kind)
        if not self._vectors[kind].shape[1]:
            return self.bm25(kind, questions)
        return np.asarray(self._indexes.encode(questions) @ self._vectors[kind].T, dtype=np.float64)

    def bm25(self, kind: str, questions: Sequence[str]) -> Scores:
        """Return BM25 over the units' texts, each with its speaker and the date of its session."""
        if kind not in self._bm25:
            texts = [f"({self.dates[unit.session]}) {unit.key}" for unit in self.units(kind)]
            self._bm25[kind] = Bm25(texts)
        return self._bm25[kind].scores(questions)

    def kept(self, make: Callable[[Opened], T]) -> T:
        """Return what `make` makes of this conversation, made once."""
        if make not in self._kept:
            self._kept[make] = make(self)
        found: T = self._kept[make]
        return found

    def as_asked_by_speakers(self, questions: Sequence[str]) -> list[str]:
        """Return the questions in the first person of whoever they name (see `first_person`)."""
        return [first_person(question, self.speakers) for question in questions]
