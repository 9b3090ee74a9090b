"""Units by chance, where what would be retrieved is not known: a plan needs their sizes alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Final

from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation

RANDOM: Final = "tokens are those of random units, nothing is taken as cached"


class ByChance:
    """A `Retriever` that knows nothing: its units are as long as others, and not those of one with another salt."""

    def __init__(self, salt: str = "") -> None:
        self._salt = salt

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`."""
        units = UNITS[unit](conversation)
        pick = random.Random(f"{self._salt}{conversation.sample_id}")  # noqa: S311  (nothing secret)
        return [[Hit(found, 0.0) for found in pick.sample(units, min(k, len(units)))] for _ in questions]
