"""Memory systems as params.yaml names them, for the stages `memory` and `rag`, and what is logged of their times."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from locomo.files import pretty_json, write_text
from locomo.memory.ingest import Ingested
from locomo.memory.last_sessions import LastSessions
from locomo.memory.search import Searched
from locomo.memory.settings import read_settings
from locomo.memory.start import LOGS, Starter
from locomo.memory.system import FILE_AGENT, LAST_SESSIONS, System
from locomo.memory.times import times_of
from locomo.pipeline.guard import Stage
from locomo.pipeline.memory_models import behind_gateway
from locomo.pipeline.models import open_client, open_whole
from locomo.pipeline.retrievers import project_retriever
from locomo.pipeline.serving import embedder
from locomo.progress import Progress
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import UNITS, Unit
from locomo.schema import Conversation
from locomo.tasks.rag import Remembered

STORES: Final = Path("data/memory")
DIALOG: Final = "dialog"


@contextmanager
def starter_of(stage: Stage) -> Iterator[Starter]:
    """Return what starts the systems of a run; the models that they are given end with it."""
    memory = stage.params.memory
    settings = {name: read_settings(Path(path)) for name, path in memory.settings.items()}
    embed = embedder(stage.params, memory.embedder, stage.name)
    with (
        open_client(stage, memory.model, open_whole, of_memory=stage.name != "memory") as client,
        behind_gateway(client, embed, memory.embedder) as services,
    ):
        yield Starter(services, settings)


@contextmanager
def counted(what: str, total: int, unit: str) -> Iterator[Callable[[], None]]:
    """Show progress of work that several threads do."""
    progress, lock = Progress(what, total, unit=unit), threading.Lock()

    def step() -> None:
        with lock:
            progress.step()

    try:
        yield step
    finally:
        progress.close()


def remembered(
    stage: Stage,
    systems: Sequence[System],
    conversations: Sequence[Conversation],
    k: int,
    searched: Sequence[Searched],
) -> list[Remembered]:
    """Return what all systems have found, in the order of params.yaml: those with stores, and the baselines without."""
    rows = []
    for system in systems:
        mine = [each for each in searched if each.system == system.name]
        if system.has_store:
            rows += [Remembered(each.system, each.conversation, each.units) for each in mine]
            continue
        if system.spec == FILE_AGENT:
            rows += [Remembered(each.system, each.conversation, _turns(each), f"{DIALOG}_unit") for each in mine]
            continue
        if system.spec == LAST_SESSIONS:
            retriever: Retriever = LastSessions()
        else:
            retriever = project_retriever(stage.params, stage.name, name=system.spec)
        for conversation in conversations:
            questions = [question.question for question in conversation.questions]
            ranked = retriever.rank(conversation, DIALOG, questions, k)
            units = [[hit.unit for hit in hits] for hits in ranked]
            rows.append(Remembered(system.name, conversation, units, f"{DIALOG}_unit"))
    return rows


def _turns(searched: Searched) -> list[list[Unit]]:
    """Return the turns that an agent has found, as retrieval shows turns."""
    turns = {unit.ids[0]: unit for unit in UNITS[DIALOG](searched.conversation)}
    return [[turns[memory.dia_ids[0]] for memory in found] for found in searched.found]


def log_ingestion(ingested: Sequence[Ingested]) -> None:
    """Note how long ingesting took, by system: it varies from run to run, so it is no output."""
    for name in dict.fromkeys(each.system for each in ingested):
        mine = [each.ingestion for each in ingested if each.system == name]
        _note(
            name,
            "ingest",
            {"seconds": round(sum(each.seconds for each in mine), 3), "sessions": sum(each.sessions for each in mine)},
        )


def log_search(searched: Sequence[Searched]) -> None:
    """Note how long searches took, by system."""
    for name in dict.fromkeys(each.system for each in searched):
        seconds = sorted(second for each in searched if each.system == name for second in each.seconds)
        if seconds:
            p95 = seconds[int(0.95 * (len(seconds) - 1))]
            _note(
                name,
                "search",
                {
                    "searches": len(seconds),
                    "seconds_p50": round(statistics.median(seconds), 4),
                    "seconds_p95": round(p95, 4),
                },
            )


def _note(name: str, phase: str, values: dict[str, Any]) -> None:
    write_text(LOGS / f"{name}.json", pretty_json(times_of(name) | {phase: values}))
