"""Asking for the events of many conversations in several ways, at once."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from locomo.llm import Client
from locomo.loops import run
from locomo.progress import Progress
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import Unit
from locomo.schema import Conversation
from locomo.schema.event import EventRow
from locomo.tasks.events.asking import Asking
from locomo.tasks.events.at_once import RETRIEVED, WHOLE, ask_retrieved, ask_whole, query
from locomo.tasks.events.incremental import WAY, ask_incrementally
from locomo.tasks.protocol import Protocol
from locomo.tasks.rag import Remembered

Way = Literal["incremental", "whole", "retrieved"]


@dataclass(frozen=True, slots=True)
class Context:
    """What was retrieved for the events of one conversation, the best first."""

    name: str
    """The kind of unit, or the memory system."""
    template: str
    units: Sequence[Unit]


def retrieved(
    conversation: Conversation, retriever: Retriever, kinds: Sequence[str], k: int, question: str
) -> list[Context]:
    """Return the k best units of each kind."""
    found = []
    for kind in dict.fromkeys(kinds):
        (hits,) = retriever.rank(conversation, kind, [question], k)
        found.append(Context(kind, f"{kind}_unit", [hit.unit for hit in hits]))
    return found


def of_memories(remembered: Sequence[Remembered]) -> dict[str, list[Context]]:
    """Return what memory systems found for their first question, by sample_id."""
    found: dict[str, list[Context]] = {}
    for each in remembered:
        context = Context(each.system, each.written, each.units[0])
        found.setdefault(each.conversation.sample_id, []).append(context)
    return found


def question_about(conversation: Conversation, client: Client) -> str:
    """Return what is retrieved for."""
    return query(Asking(conversation, client.provider, 0, 0))


@dataclass(frozen=True, slots=True)
class Settings:
    """How events are asked for: the section `events` of params.yaml, and the seed."""

    ways: Sequence[Way]
    units: Sequence[str]
    ks: Sequence[int]
    max_tokens: int
    seed: int


def ask_events(
    conversations: Sequence[Conversation],
    client: Client,
    protocol: Protocol,
    settings: Settings,
    *,
    retriever: Retriever | None = None,
    remembered: Sequence[Remembered] = (),
) -> list[EventRow]:
    """Ask in each way; `retriever` and `remembered`, answers to `question_about`, serve the way 'retrieved'.

    Rows come by conversation, way and session. IncompleteError if a call failed temporarily, InputError where a prompt
    does not fit the model's window.
    """
    contexts = of_memories(remembered)
    if retriever is not None and RETRIEVED in settings.ways:
        for each in conversations:
            found = retrieved(each, retriever, settings.units, max(settings.ks), question_about(each, client))
            contexts[each.sample_id] = found + contexts.get(each.sample_id, [])
    works: list[Coroutine[Any, Any, list[EventRow]]] = []
    total = 0
    for conversation in conversations:
        asking = Asking(conversation, client.provider, settings.max_tokens, settings.seed)
        for way in dict.fromkeys(settings.ways):
            if way == WAY:
                works.append(ask_incrementally(asking, client, protocol))
                total += len(conversation.sessions)
            elif way == WHOLE:
                works.append(ask_whole(asking, client, protocol))
                total += 1
            else:
                some = [
                    (each, k) for each in contexts.get(conversation.sample_id, []) for k in dict.fromkeys(settings.ks)
                ]
                works += [
                    ask_retrieved(asking, client, protocol, each.units, name=each.name, k=k, template=each.template)
                    for each, k in some
                ]
                total += len(some)
    progress = Progress("events", total, lambda: f"{client.tally.hits} from the cache", unit="call")
    rows = [row for found in run(_all(client, works, progress)) for row in found]
    client.tally.rounds.append((len(rows), sum(row.error is not None for row in rows)))
    return rows


async def _all(
    client: Client, works: Sequence[Coroutine[Any, Any, list[EventRow]]], progress: Progress
) -> list[list[EventRow]]:
    async def counted(work: Coroutine[Any, Any, list[EventRow]]) -> list[EventRow]:
        rows = await work
        for _ in rows:
            progress.step()
        return rows

    try:
        return await client.run([counted(work) for work in works])
    finally:
        progress.close()
        await client.provider.close()
