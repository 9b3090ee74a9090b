"""Systems in a file of one's own, as somebody would write them; the tests load it by its path and by its module."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.retrieval.memory import Memory
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation, Session


class LastTurns:
    """A memory system that remembers the last turn of each session."""

    def reset(self) -> None:
        self.sessions: list[Session] = []

    def add_session(self, session: Session) -> None:
        self.sessions.append(session)

    def search(self, question: str, k: int) -> Sequence[Memory]:
        turns = [session.turns[-1] for session in self.sessions]
        return [Memory(turn.text, (turn.dia_id,)) for turn in turns][:k]


class FirstUnits:
    """A retriever that always finds the beginning of a conversation."""

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        hits = [Hit(each, -float(place)) for place, each in enumerate(UNITS[unit](conversation)[:k])]
        return [hits for _ in questions]


class NeedsMore:
    """Cannot be made by its name alone."""

    def __init__(self, address: str) -> None:
        self.address = address

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        return []


class Neither:
    """No system at all."""


def speaker(conversation: Conversation, question: str) -> str:
    """Answers with a name."""
    return conversation.speaker_a


async def speaker_later(conversation: Conversation, question: str) -> tuple[str, list[str]]:
    """Answers with a name, and says which turn it is from."""
    return conversation.speaker_a, [conversation.sessions[0].turns[0].dia_id]
