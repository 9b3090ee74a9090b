"""What is asked: each turn in each condition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from locomo.retrieval.retriever import Retriever
from locomo.schema import Conversation, Question
from locomo.tasks.dialogue.memory import (
    Condition,
    Notes,
    best_observations,
    memories,
    newest_summaries,
    rank_observations,
)
from locomo.tasks.dialogue.turns import Place, places
from locomo.tasks.protocol import Protocol
from locomo.tasks.rag import Remembered


@dataclass(frozen=True, slots=True)
class Settings:
    """How turns are asked for: the section `dialogue` of params.yaml, `memory.k`, and the seed."""

    conditions: Sequence[Condition]
    turns: int
    summaries: int
    observations: int
    memories: int
    seed: int


@dataclass(frozen=True, slots=True)
class Writing:
    """One turn that is asked for in one condition."""

    place: Place
    notes: Notes


def chosen(conversations: Sequence[Conversation], settings: Settings) -> list[Place]:
    """Return the turns that are written, in the order of rows."""
    return list(places(conversations, settings.turns, settings.seed))


def with_queries(found: Sequence[Place]) -> list[Conversation]:
    """Return the conversations of places, with a question for each: what memory systems are asked."""
    asked = []
    for _, members in groupby(found, key=lambda place: place.conversation.sample_id):
        group = list(members)
        questions = [Question(question=place.query, answer="", evidence=[], category=4) for place in group]
        asked.append(group[0].conversation.model_copy(update={"questions": questions, "subset": None}))
    return asked


def writings(
    found: Sequence[Place],
    settings: Settings,
    protocol: Protocol,
    *,
    retriever: Retriever | None = None,
    remembered: Sequence[Remembered] = (),
) -> list[Writing]:
    """Return each place in each condition.

    `retriever` ranks observations, `remembered` is what memory systems found for the questions of `with_queries`.
    """
    asked = []
    for sample_id, members in groupby(found, key=lambda place: place.conversation.sample_id):
        group = list(members)
        wanted = retriever is not None and "observation" in settings.conditions
        ranked = rank_observations(retriever, group) if wanted and retriever is not None else [[] for _ in group]
        known = [each for each in remembered if each.conversation.sample_id == sample_id]
        for at, place in enumerate(group):
            shown: list[Notes] = []
            for condition in dict.fromkeys(settings.conditions):
                if condition == "base":
                    shown.append(Notes("base"))
                elif condition == "summary":
                    shown.append(newest_summaries(place, protocol, settings.summaries))
                elif condition == "observation":
                    shown.append(best_observations(ranked[at], place, protocol, settings.observations))
                else:
                    shown += [memories(each, at, place, protocol, settings.memories) for each in known]
            asked += [Writing(place, notes) for notes in shown]
    return asked
