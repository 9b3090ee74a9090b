"""What the learned retriever weighs: one number for each question and turn from each of a handful of signals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from locomo.retrieval.bm25 import Bm25
from locomo.retrieval.hybrid import BM25, DENSE, observation_scores
from locomo.retrieval.opened import Opened
from locomo.retrieval.scores import Scores, group_max, neighbour, standardised
from locomo.retrieval.speakers import speaker_match
from locomo.retrieval.turn_form import TurnForm

TURNS: Final = (
    "dense",
    "dense_squared",
    "bm25",
    "bm25_words",
    "bm25_window",
    "before",
    "before_if_it_asks",
    "after",
    "before_last",
    "dense_session_best",
    "bm25_session_best",
    "bm25_session",
    "speaker",
    "log_length",
    "asks",
    "answers",
    "image",
)
OBSERVATIONS: Final = ("cited", "observation", "observation_session_best")
"""What a conversation with observations has beside `TURNS`."""


class TurnFeatures:
    """The signals of a conversation's turns; what does not depend on the question is computed once."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        turns = list(opened.conversation.turns)
        units, sessions = opened.units("dialog"), opened.sessions("dialog")
        self._sessions = sessions
        self._form = TurnForm.of(opened.conversation)
        self._words = Bm25([turn.text for turn in turns])
        around = [
            " ".join(units[j].key for j in (i - 1, i, i + 1) if 0 <= j < len(units) and sessions[j] == sessions[i])
            for i in range(len(units))
        ]
        self._window = Bm25(around)
        numbers = list(dict.fromkeys(sessions))
        self._session = Bm25([" ".join(u.key for u in units if u.session == number) for number in numbers])
        self._column = [numbers.index(number) for number in sessions]

    def of(self, questions: Sequence[str]) -> dict[str, Scores]:
        """Return each signal by name, broadcast to (questions, turns): `OBSERVATIONS` where there are any."""
        opened, sessions = self._opened, self._sessions
        dense = standardised(opened.similarity("dialog", opened.as_asked_by_speakers(questions)))
        bm25 = standardised(opened.bm25("dialog", questions))
        both = DENSE * dense + BM25 * bm25
        before = neighbour(both, sessions, -1)
        asked_before = neighbour(self._form.asks, sessions, -1)
        found = {
            "dense": dense,
            "dense_squared": dense * np.abs(dense),
            "bm25": bm25,
            "bm25_words": standardised(self._words.scores([self._nameless(question) for question in questions])),
            "bm25_window": standardised(self._window.scores(questions)),
            "before": before,
            "before_if_it_asks": before * asked_before,
            "after": neighbour(both, sessions, 1),
            "before_last": neighbour(both, sessions, -2),
            "dense_session_best": group_max(dense, sessions),
            "bm25_session_best": group_max(bm25, sessions),
            "bm25_session": standardised(self._session.scores(questions))[:, self._column],
            "speaker": speaker_match(opened.speakers, questions, [u.speaker for u in opened.units("dialog")]),
            "log_length": self._form.log_length,
            "asks": self._form.asks,
            "answers": asked_before,
            "image": self._form.image,
        }
        if opened.conversation.observations:
            found |= self._of_observations(questions)
        return {name: np.broadcast_to(values, dense.shape) for name, values in found.items()}

    def _of_observations(self, questions: Sequence[str]) -> dict[str, Scores]:
        """Return the score of the best observation that cites a turn, 0 where none does, and whether one does."""
        scores = observation_scores(self._opened, questions)
        place = {unit.ids[0]: number for number, unit in enumerate(self._opened.units("dialog"))}
        best = np.full((len(questions), len(place)), -np.inf)
        for column, unit in enumerate(self._opened.units("observation")):
            for name in unit.ids:
                if name in place:
                    best[:, place[name]] = np.maximum(best[:, place[name]], scores[:, column])
        cited = np.isfinite(best)
        worst = scores.min(axis=1, keepdims=True)
        return {
            "cited": cited.astype(np.float64),
            "observation": np.where(cited, best, 0.0),
            "observation_session_best": group_max(np.where(cited, best, worst), self._sessions),
        }

    def _nameless(self, question: str) -> str:
        names = "|".join(re.escape(name) for name in self._opened.speakers)
        return re.sub(rf"\b(?:{names})\b", " ", question)
