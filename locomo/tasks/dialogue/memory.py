"""What a model is shown beside the session: nothing, summaries, observations, or what memory systems know.

Nothing of the session itself and of later ones is shown: what was written down after a turn holds its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import UNITS, Unit
from locomo.tasks.dialogue.turns import Place
from locomo.tasks.protocol import Protocol
from locomo.tasks.rag import Remembered

Condition = Literal["base", "summary", "observation", "memory"]
OBSERVATION: Final = "observation"
SUMMARY: Final = "summary"
DEEP: Final = 10
"""Times as many memories as are shown are asked for, since those of later sessions are left out."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What one condition shows of earlier sessions, the best or newest first."""

    condition: str
    """Its name in rows."""
    k: int | None = None
    lines: tuple[str, ...] = ()
    ids: tuple[tuple[str, ...], ...] = ()
    """What each line stands for."""


def newest_summaries(place: Place, protocol: Protocol, k: int) -> Notes:
    """Return the summaries of the k sessions before."""
    units = [unit for unit in UNITS[SUMMARY](place.conversation) if unit.session < place.session.number]
    newest = sorted(units, key=lambda unit: unit.session, reverse=True)[:k]
    return Notes(SUMMARY, k, *_written(newest, place, protocol, f"{SUMMARY}_unit"))


def best_observations(ranked: Sequence[Unit], place: Place, protocol: Protocol, k: int) -> Notes:
    """Return the k best of all ranked observations that are of sessions before."""
    return Notes(OBSERVATION, k, *_written(_earlier(ranked, place)[:k], place, protocol, f"{OBSERVATION}_unit"))


def memories(found: Remembered, at: int, place: Place, protocol: Protocol, k: int) -> Notes:
    """Return the k best memories of sessions before; `at` is the place among the questions of the system.

    A memory that does not name its turns may be of later ones: it is left out.
    """
    return Notes(found.system, k, *_written(_earlier(found.units[at], place)[:k], place, protocol, found.written))


def rank_observations(retriever: Retriever, group: Sequence[Place]) -> list[list[Unit]]:
    """Return all observations of a conversation for each of its places, the best first; none where there are none."""
    conversation = group[0].conversation
    count = len(UNITS[OBSERVATION](conversation))
    if not count:
        return [[] for _ in group]
    ranked = retriever.rank(conversation, OBSERVATION, [place.query for place in group], count)
    return [[hit.unit for hit in hits] for hits in ranked]


def _earlier(units: Sequence[Unit], place: Place) -> list[Unit]:
    return [unit for unit in units if unit.ids and all(_session(id_) < place.session.number for id_ in unit.ids)]


def _session(id_: str) -> int:
    """Return the session of a turn 'D3:7' or of a summary 'S3'."""
    return int(id_[1:].partition(":")[0])


def _written(
    units: Sequence[Unit], place: Place, protocol: Protocol, template: str
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return the lines of units, and what each stands for."""
    dates = {session.number: session.date for session in place.conversation.sessions}
    lines = tuple(
        protocol.prompts.fill(template, date=dates.get(unit.session), speaker=unit.speaker, text=unit.text)
        for unit in units
    )
    return lines, tuple(unit.ids for unit in units)
