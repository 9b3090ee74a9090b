"""How far back a model remembers: F1 by the number of turns since a question's evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from locomo.reporting.join import Configuration, JoinedAnswer
from locomo.schema import Conversation

BINS = 5


@dataclass(frozen=True, slots=True)
class DistanceBin:
    """Questions whose evidence lies from `nearest` to `farthest` turns before the conversation's end."""

    nearest: int
    farthest: int
    n: int
    f1: dict[Configuration, float]


def turns_back(conversation: Conversation) -> dict[int, int]:
    """Return, for each question with an answer, how many turns before the end its earliest evidence lies.

    All of the evidence is needed, so that the earliest turn says how long it had to be kept. 1 is the last turn.
    Questions whose evidence names no turn of the conversation are left out.
    """
    places = {turn.dia_id: place for place, turn in enumerate(conversation.turns)}
    return {
        index: len(places) - min(found)
        for index, question in enumerate(conversation.questions)
        if not question.kind.abstention and (found := [places[name] for name in question.evidence if name in places])
    }


def by_distance(conversations: Sequence[Conversation], answers: Sequence[JoinedAnswer]) -> list[DistanceBin]:
    """Return F1 by distance, nearest first, in bins of about as many questions; nothing for less than one a bin."""
    distances = {
        conversation.question_id(index): distance
        for conversation in conversations
        for index, distance in turns_back(conversation).items()
    }
    if len(distances) < BINS:
        return []
    edges = np.quantile(list(distances.values()), np.linspace(0, 1, BINS + 1))
    place = {name: min(int(np.searchsorted(edges, d, side="right")) - 1, BINS - 1) for name, d in distances.items()}
    f1: list[dict[Configuration, list[float]]] = [{} for _ in range(BINS)]
    for answer in answers:
        if answer.score.id in place and answer.score.f1 is not None:
            f1[place[answer.score.id]].setdefault(answer.configuration, []).append(answer.score.f1)
    return [_bin(number, place, distances, f1[number]) for number in range(BINS) if number in place.values()]


def _bin(
    number: int, place: Mapping[str, int], distances: Mapping[str, int], f1: Mapping[Configuration, list[float]]
) -> DistanceBin:
    members = [distances[name] for name, its in place.items() if its == number]
    return DistanceBin(min(members), max(members), len(members), {c: fmean(values) for c, values in f1.items()})
