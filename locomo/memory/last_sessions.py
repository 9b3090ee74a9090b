"""The newest turns as a baseline of memory: whatever is asked, what was said last."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation


class LastSessions:
    """A `Retriever` of the newest turns, for every question the same."""

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`: the newest first, so that what does not fit is the oldest."""
        newest = UNITS[unit](conversation)[::-1][:k]
        return [[Hit(each, float(-place)) for place, each in enumerate(newest)] for _ in questions]
