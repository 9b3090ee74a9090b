"""Scores by fitted weights, of which those are used that have not seen the conversation."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from locomo.errors import InputError
from locomo.files import parse_yaml, read_text
from locomo.retrieval.features import OBSERVATIONS, TURNS, TurnFeatures
from locomo.retrieval.scores import Scores
from locomo.schema import Conversation

FITTED: Final = Path(__file__).with_name("learned.yaml")
"""Made by benchmarks/fit_retriever.py; it says itself how."""
ALL: Final = "all"
"""The weights that have seen all twenty conversations, for those that are none of them."""
NAMES: Final[dict[bool, tuple[str, ...]]] = {False: TURNS, True: TURNS + OBSERVATIONS}
"""The features of a conversation without and with observations."""
MARKS: Final = 32
"""Hashes by which a conversation is known: a tenth of its turns holds one of them at 97% odds."""
_SHORTEST: Final = 40
"""Characters that a turn needs to be no greeting that two conversations share."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights by what they were fitted without (the id of a conversation; `ALL` for nothing)."""

    marks: dict[str, frozenset[str]]
    weights: dict[str, dict[bool, tuple[float, ...]]]

    def unseen(self, conversation: Conversation) -> str:
        """Return the name of the weights that have not seen a conversation, whatever it is called.

        It is one of the twenty if it holds some of its turns. InputError if it has turns of two of them: weights that
        have seen neither do not exist.
        """
        texts = text_hashes(conversation)
        known = [name for name, marks in self.marks.items() if not marks.isdisjoint(texts)]
        if len(known) > 1:
            raise InputError(
                f"{conversation.sample_id}: has turns of {' and '.join(known)}, and the retriever 'learned' has no "
                "weights that have seen neither; use 'hybrid'"
            )
        return known[0] if known else ALL


@cache
def read_fitted() -> Fitted:
    """Return the weights that ship with the project."""
    data: Any = parse_yaml(read_text(FITTED), str(FITTED))
    folds = data["leaving_out"]
    return Fitted(
        {name: frozenset(fold["marks"]) for name, fold in folds.items()},
        {
            name: {False: tuple(entry["turns"]), True: tuple(entry["turns_and_observations"])}
            for name, entry in (folds | {ALL: data[ALL]}).items()
        },
    )


def text_hashes(conversation: Conversation) -> set[str]:
    """Return a hash of each longer turn's words; neither captions nor dates, questions or ids make another of it."""
    texts = {" ".join(turn.text.casefold().split()) for turn in conversation.turns}
    return {hashlib.sha256(text.encode()).hexdigest()[:12] for text in texts if len(text) >= _SHORTEST}


def marks_of(conversation: Conversation, shared: Collection[str] = ()) -> list[str]:
    """Return the smallest of the hashes: an even pick of the turns, the same each time.

    None of those in `shared`, of words that several conversations have.
    """
    return sorted(text_hashes(conversation).difference(shared))[:MARKS]


def learned_turn_scores(features: TurnFeatures, conversation: Conversation, questions: Sequence[str]) -> Scores:
    """Return the score of each turn, of shape (questions, turns)."""
    fitted, observed = read_fitted(), bool(conversation.observations)
    weights = fitted.weights[fitted.unseen(conversation)][observed]
    values = features.of(questions)
    return np.asarray(sum(weight * values[name] for name, weight in zip(NAMES[observed], weights, strict=True)))
