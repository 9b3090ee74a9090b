"""Somebody else's memory system under the same questions: told of each session, then asked for what it remembers.

A package offers one under the entry-point group `locomo.memory_systems`; `rag.retriever: memory/<name>` evaluates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, Protocol

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import Unit
from locomo.schema import Conversation, Session

GROUP: Final = "locomo.memory_systems"
UNIT: Final = "memory"
"""The kind of unit that memories are."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing that is remembered."""

    text: str
    """As it is shown to the model, with the date if the system wants it to be known."""
    dia_ids: tuple[str, ...] = ()
    """The turns it stems from, for evidence recall; none if the system does not keep track."""


class MemorySystem(Protocol):
    """What is evaluated. It is made without arguments; settings of its own it reads from its environment."""

    def reset(self) -> None:
        """Forget everything: another conversation begins."""
        ...

    def add_session(self, session: Session) -> None:
        """Take in a session: `number`, `date_time`, and `turns` with `speaker`, `dia_id`, `text` and captions.

        Sessions come in chronological order, all of them before the first question.
        """
        ...

    def search(self, question: str, k: int) -> Sequence[Memory]:
        """Return up to k memories for a question, the best first. Questions must not be remembered."""
        ...


def open_memory_system(name: str) -> MemorySystem:
    """Make the memory system that a package offers under a name; InputError if none does."""
    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offered:
        known = f"expected one of {', '.join(sorted(offered))}" if offered else "no installed package offers one"
        raise InputError(
            f"memory system '{name}': {known}{did_you_mean(name, offered)} (entry points of the group {GROUP})"
        )
    system: MemorySystem = offered[name].load()()
    return system


class MemoryRetriever:
    """A `Retriever` that lets a memory system hear a conversation and then asks it. It keeps the last one heard."""

    def __init__(self, system: MemorySystem) -> None:
        self._system = system
        self._heard: Conversation | None = None

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`; the only kind of unit is 'memory'. InputError for turns that are not in the conversation."""
        if unit != UNIT:
            raise InputError(f"unit '{unit}': a memory system has memories of its own, expected '{UNIT}'")
        if self._heard is not conversation:
            self._heard = None
            self._system.reset()
            for session in conversation.sessions:
                self._system.add_session(session)
            self._heard = conversation
        known = {turn.dia_id for turn in conversation.turns}
        return [[_hit(memory, rank, known) for rank, memory in enumerate(self._found(q, k))] for q in questions]

    def _found(self, question: str, k: int) -> Sequence[Memory]:
        return list(self._system.search(question, k))[:k]


def _hit(memory: Memory, rank: int, known: set[str]) -> Hit:
    if unknown := [dia_id for dia_id in memory.dia_ids if dia_id not in known]:
        raise InputError(f"a memory cites the turn '{unknown[0]}', which is not in the conversation: {memory.text!r}")
    session = int(memory.dia_ids[0][1:].partition(":")[0]) if memory.dia_ids else 0
    return Hit(Unit(memory.dia_ids, session, None, memory.text, memory.text), float(-rank))
