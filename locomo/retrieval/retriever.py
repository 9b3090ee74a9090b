"""From questions to the units of a conversation, best first: what every retriever does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from locomo.retrieval.units import Unit
from locomo.schema import Conversation


@dataclass(frozen=True, slots=True)
class Hit:
    """A unit that was found, and its score: comparable within one question only."""

    unit: Unit
    score: float


class Retriever(Protocol):
    """Ranks the units of a conversation."""

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """Return up to k units of a kind (see `UNITS`) for each question, best first; equals in reading order.

        InputError if the conversation has no such units, or if what was computed of them before is out of date.
        """
        ...
