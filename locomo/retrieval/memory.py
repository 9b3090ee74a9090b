"""A memory system in the retriever's place: it ingests each session, then searches its memories for each question.

A package registers it under the entry-point group `locomo.memory_systems`; `rag.retriever: memory/<name>` evaluates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, Protocol

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.own import is_memory_system, is_own, make_own
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import Unit
from locomo.schema import Conversation, Session

GROUP: Final = "locomo.memory_systems"
UNIT: Final = "memory"
"""The unit name of memories."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory."""

    text: str
    """The text shown to the model. Include a date if the model should know it."""
    dia_ids: tuple[str, ...] = ()
    """The turns that it comes from, for evidence recall; empty if the system does not track them."""


class MemorySystem(Protocol):
    """The system to evaluate. It is created without arguments and reads its settings from the environment."""

    def reset(self) -> None:
        """Forget everything. Another conversation begins."""
        ...

    def add_session(self, session: Session) -> None:
        """Ingest a session: `number`, `date_time`, `date`, and `turns` with `speaker`, `dia_id`, `text` and captions.

        Sessions arrive in chronological order, all before the first question.
        """
        ...

    def search(self, question: str, k: int) -> Sequence[Memory]:
        """Return up to k memories for a question, best first. The system must not remember the question."""
        ...


def make_memory_system(name: str) -> MemorySystem:
    """Create a memory system: `path/to/file.py:Class`, `module:Class`, or the name that a package registers.

    InputError if there is none.
    """
    if is_own(name):
        if not is_memory_system(name):
            raise InputError(f"'{name}' is a retriever: set rag.retriever to it")
        made: MemorySystem = make_own(name)
        return made
    return open_memory_system(name)


def open_memory_system(name: str) -> MemorySystem:
    """Create the memory system that a package registers under a name; InputError if none does."""
    offered = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in offered:
        known = f"expected one of {', '.join(sorted(offered))}" if offered else "no installed package offers one"
        raise InputError(
            f"memory system '{name}': {known}{did_you_mean(name, offered)} (entry points of the group {GROUP})"
        )
    system: MemorySystem = offered[name].load()()
    return system


def registered() -> dict[str, dict[str, str]]:
    """Return the memory systems that packages register, by name: what determines each."""
    return {
        entry.name: {"package": entry.dist.name, "version": entry.dist.version, "entry": entry.value}
        for entry in entry_points(group=GROUP)
        if entry.dist is not None
    }


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
