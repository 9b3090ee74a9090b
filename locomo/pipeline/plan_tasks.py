"""Going through the stages `events` and `dialogue`, with stand-ins for what nobody has answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from locomo.llm import Provider, Request, RequestCache
from locomo.pipeline.by_chance import RANDOM, ByChance
from locomo.pipeline.params import Params
from locomo.pipeline.rehearsal import Rehearsal
from locomo.schema import Conversation
from locomo.schema.dialogue import DialogueRow
from locomo.schema.event import EventRow
from locomo.tasks.dialogue.ask import ask_dialogue
from locomo.tasks.dialogue.writings import chosen, with_queries, writings
from locomo.tasks.events.ask import ask_events
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import Remembered

_Row = TypeVar("_Row")


class Rehearsed(NamedTuple, Generic[_Row]):
    """What is asked, the rows as far as they are known, else with stand-ins, and what is not known."""

    asked: list[Request]
    rows: list[_Row]
    note: str


def rehearse_events(
    params: Params, conversations: Sequence[Conversation], provider: Provider, cache: RequestCache
) -> Rehearsed[EventRow]:
    """Go through `events`, over units and memories by chance."""
    client, note = Rehearsal(provider, cache), ""
    found: list[Remembered] = []
    if "retrieved" in params.events.ways:
        note = f"what would be retrieved is not known: {RANDOM}"
        k = max(params.events.k)
        for system in params.memory.searchable:
            for each in conversations:
                (hits,) = ByChance(system.name).rank(each, "dialog", ["events"], k)
                found.append(Remembered(system.name, each, [[hit.unit for hit in hits]], "dialog_unit"))
    protocol = asking_protocol(params.protocol, params.model)
    settings = params.events.settings(params.seed)
    rows = ask_events(conversations, client, protocol, settings, retriever=ByChance(), remembered=found)
    return Rehearsed(client.asked, rows, note)


def rehearse_dialogue(
    params: Params, conversations: Sequence[Conversation], provider: Provider, cache: RequestCache
) -> Rehearsed[DialogueRow]:
    """Go through `dialogue`, over observations and memories by chance."""
    conditions = params.dialogue.conditions
    client, settings = Rehearsal(provider, cache), params.dialogue_settings
    protocol = asking_protocol(params.protocol, params.model)
    found = chosen(conversations, settings)
    memories = [
        Remembered(system.name, each, [[hit.unit for hit in hits] for hits in ranked], "dialog_unit")
        for system in (params.memory.searchable if "memory" in conditions else [])
        for each in with_queries(found)
        for ranked in [
            ByChance(system.name).rank(
                each, "dialog", [one.question for one in each.questions], sum(1 for _ in each.turns)
            )
        ]
    ]
    asked = writings(found, settings, protocol, retriever=ByChance(), remembered=memories)
    rows = ask_dialogue(asked, client, protocol, max_tokens=params.dialogue.max_tokens, seed=params.seed)
    by_chance = not {"observation", "memory"}.isdisjoint(conditions)
    return Rehearsed(client.asked, rows, f"what would be found is not known: {RANDOM}" if by_chance else "")
