"""The tasks `events` and `dialogue` in `evaluate`: asked of a model, with what a system finds where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, get_args

from locomo.errors import InputError, did_you_mean
from locomo.evaluation.events import ask_for_events, with_query
from locomo.evaluation.systems import System
from locomo.llm import Client
from locomo.pipeline.params import Params
from locomo.retrieval.memory import UNIT
from locomo.retrieval.retriever import Retriever
from locomo.schema import Conversation
from locomo.schema.dialogue import DialogueRow
from locomo.schema.event import EventRow
from locomo.tasks.dialogue.ask import ask_dialogue
from locomo.tasks.dialogue.writings import chosen, with_queries, writings
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import Remembered

Task = Literal["qa", "events", "dialogue"]
TASKS: Final[tuple[Task, ...]] = get_args(Task)
_WAYS: Final = {"model": "incremental", "retriever": "retrieved", "memory": "retrieved"}
_CONDITIONS: Final = {"model": "summary", "retriever": "observation", "memory": "memory"}
"""What is shown in `dialogue` beside nothing, by the kind of system."""


def check_tasks(tasks: Sequence[str], system: System, where: str) -> None:
    """InputError, starting with `where`, for an unknown task, or one that a system cannot be asked for."""
    if isinstance(tasks, str) or not tasks:
        raise InputError(f"{where}: tasks: found {tasks!r}, expected a list of {', '.join(TASKS)}")
    for task in tasks:
        if task not in TASKS:
            raise InputError(f"{where}: tasks: found '{task}', expected {', '.join(TASKS)}{did_you_mean(task, TASKS)}")
        if task != "qa" and system.kind == "function":
            raise InputError(f"{where}: tasks: '{system.name}' answers questions; {task} is asked of a model")


def task_values(tasks: Sequence[str], system: System, units: Any, k: Any) -> dict[str, Any]:
    """Return the sections `events` and `dialogue` of what is asked for, as params.yaml has them."""
    values: dict[str, Any] = {}
    if "events" in tasks:
        values["events"] = {"ways": [_WAYS[system.kind]], "units": units, "k": k}
    if "dialogue" in tasks:
        values["dialogue"] = {"conditions": ["base", _CONDITIONS[system.kind]]}
        if system.kind == "memory":
            values["memory"] = {"k": k}
    return values


def ask_events_of(
    system: System, retriever: Retriever | None, conversations: Sequence[Conversation], params: Params, client: Client
) -> list[EventRow]:
    """Ask in each of `events.ways`; a memory system is asked for what it knows of events."""
    if system.kind != "memory" or retriever is None:
        return ask_for_events(conversations, params, client, retriever)
    found = _remembered(retriever, with_query(conversations, client), max(params.events.k))
    return ask_for_events(conversations, params, client, None, found)


def ask_dialogue_of(
    system: System, retriever: Retriever | None, conversations: Sequence[Conversation], params: Params, client: Client
) -> list[DialogueRow]:
    """Ask for turns in each of `dialogue.conditions`; a memory system ranks all that it knows for each turn."""
    settings = params.dialogue_settings
    places = chosen(conversations, settings)
    protocol = asking_protocol(params.protocol, params.model)
    found: list[Remembered] = []
    if system.kind == "memory" and retriever is not None:
        most = max((sum(len(session.turns) for session in each.sessions) for each in conversations), default=1)
        found, retriever = _remembered(retriever, with_queries(places), most), None
    asked = writings(places, settings, protocol, retriever=retriever, remembered=found)
    return ask_dialogue(asked, client, protocol, max_tokens=params.dialogue.max_tokens, seed=params.seed)


def _remembered(retriever: Retriever, asked: Sequence[Conversation], k: int) -> list[Remembered]:
    found = []
    for each in asked:
        ranked = retriever.rank(each, UNIT, [question.question for question in each.questions], k)
        found.append(Remembered(UNIT, each, [[hit.unit for hit in hits] for hits in ranked]))
    return found
