"""Asking memory systems: their stores are opened as copies, so that nothing that a search writes is kept."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from locomo.memory.messages import Found
from locomo.memory.searches import TOOK
from locomo.memory.services import Taken
from locomo.memory.side_by_side import side_by_side
from locomo.memory.start import Starter
from locomo.memory.system import System
from locomo.retrieval.units import Unit
from locomo.schema import Conversation


@dataclass(frozen=True, slots=True)
class Searched:
    """What a system found for all questions of a conversation."""

    system: str
    conversation: Conversation
    found: list[list[Found]]
    """By question, best first; empty for those that the run leaves out."""
    seconds: list[float]
    """By question that was asked."""
    taken: list[Taken]
    """By question, what the system itself asked of models to search."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """What stands in data/memories.jsonl: a row a question."""
        return [
            {
                "id": self.conversation.question_id(index),
                "system": self.system,
                "memories": [memory.model_dump(exclude_none=True) for memory in found],
            }
            | _took(taken)
            for index, (found, taken) in enumerate(zip(self.found, self.taken, strict=True))
        ]

    @property
    def units(self) -> list[list[Unit]]:
        """The memories by question, as context for the model that answers."""
        return [[_unit(memory) for memory in found] for found in self.found]


def search_all(
    systems: Sequence[System],
    conversations: Sequence[Conversation],
    stores: Path,
    starter: Starter,
    k: int,
    *,
    workers: int,
    on_question: Callable[[], None] = lambda: None,
) -> list[Searched]:
    """Ask every system every question, for its k best memories; `stores` is what the stage `memory` has written.

    MemorySystemError if a system fails, after those that run beside it have stopped.
    """

    def one(pair: tuple[System, Conversation], step: Callable[[], None]) -> Searched:
        system, conversation = pair
        store = stores / system.name / conversation.sample_id
        return search_one(system, conversation, store, starter, k, on_question=step)

    pairs = [(each, conversation) for each in systems if each.has_store for conversation in conversations]
    return side_by_side(one, pairs, workers=workers, on_step=on_question)


def search_one(
    system: System,
    conversation: Conversation,
    store: Path,
    starter: Starter,
    k: int,
    *,
    on_question: Callable[[], None] = lambda: None,
) -> Searched:
    """Ask one system all questions of a conversation; the store stays as it is."""
    found: list[list[Found]] = []
    seconds: list[float] = []
    taken: list[Taken] = []
    who = (system.name, conversation.sample_id)
    with tempfile.TemporaryDirectory(prefix="locomo-memory-") as scratch:
        copy = Path(scratch) / "store"
        if store.is_dir():
            shutil.copytree(store, copy, symlinks=True)
        else:
            copy.mkdir()  # a system that keeps nothing in files
        with starter.start(system, conversation, "search", copy) as program:
            for index, question in enumerate(conversation.questions):
                if conversation.subset is not None and index not in conversation.subset:
                    found.append([])
                    taken.append(Taken())
                    continue
                before, started = starter.services.taken(*who, "search"), time.monotonic()
                found.append(program.search(question.question, k, question.date))
                seconds.append(time.monotonic() - started)
                taken.append(starter.services.taken(*who, "search").minus(before))
                on_question()
            program.close()
    return Searched(system.name, conversation, found, seconds, taken)


def _took(taken: Taken) -> dict[str, Any]:
    """Return what a row says of it: nothing, of systems that search without a model."""
    if not taken.calls and not taken.embedded_texts:
        return {}
    return {TOOK: asdict(taken)}


def _unit(memory: Found) -> Unit:
    session = int(memory.dia_ids[0][1:].partition(":")[0]) if memory.dia_ids else 0
    return Unit(memory.dia_ids, session, None, memory.shown, memory.text)
