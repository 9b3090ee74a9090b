"""Somebody else's memory system under the same questions: told of each session, then asked for what it remembers.

A package offers one under the entry-point group `locomo.memory_systems`; `rag.retriever: memory/<name>` evaluates it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final, Protocol

from locomo.errors import InputError, did_you_mean
from locomo.schema import Session

GROUP: Final = "locomo.memory_systems"


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
