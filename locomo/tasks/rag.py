"""rag: retrieved units as context, over a grid of unit × k."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import Unit
from locomo.schema import Conversation
from locomo.tasks.job import Job
from locomo.tasks.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Setting:
    """One cell of the grid: what is retrieved, and how many of it."""

    unit: str
    k: int


PAPER_GRID = (
    *(Setting(unit, k) for unit in ("dialog", "observation") for k in (5, 10, 25, 50)),
    *(Setting("summary", k) for k in (2, 5, 10)),
)
"""The settings of the paper's Table 3."""


def all_rag_jobs(
    conversations: Sequence[Conversation],
    retriever: Retriever,
    settings: Sequence[Setting],
    protocol: Protocol,
    *,
    seed: int,
) -> list[Job]:
    """Return one job a setting and question of every conversation; each kind of unit is ranked for its largest k."""
    depth = {unit: max(s.k for s in settings if s.unit == unit) for unit in dict.fromkeys(s.unit for s in settings)}
    return [
        job
        for conversation in conversations
        for job in rag_jobs(
            conversation,
            {unit: _units(conversation, retriever, unit, k) for unit, k in depth.items()},
            settings,
            protocol,
            seed=seed,
        )
    ]


def _units(conversation: Conversation, retriever: Retriever, unit: str, k: int) -> list[list[Unit]]:
    questions = [question.question for question in conversation.questions]
    return [[hit.unit for hit in hits] for hits in retriever.rank(conversation, unit, questions, k)]


def rag_jobs(
    conversation: Conversation,
    ranked: Mapping[str, Sequence[Sequence[Unit]]],
    settings: Sequence[Setting],
    protocol: Protocol,
    *,
    seed: int,
) -> list[Job]:
    """Return one job a setting and question. `ranked[unit][index]` are the units for a question, best first.

    Units are shown with the day of their session: the time of day would cost a third of the tokens and answers nothing.
    Jobs are ordered by their prompt, so that those whose context begins alike are neighbours and share a prefix.
    """
    dates = {session.number: session.date for session in conversation.sessions}
    system = protocol.prompts.fill("rag_system", speaker_a=conversation.speaker_a, speaker_b=conversation.speaker_b)
    jobs = []
    for setting in settings:
        for index, question in enumerate(conversation.questions):
            units = ranked[setting.unit][index][: setting.k]
            options = protocol.options(question, conversation.question_id(index), seed)
            lines = [
                protocol.prompts.fill(
                    f"{setting.unit}_unit", date=dates[unit.session], speaker=unit.speaker, text=unit.text
                )
                for unit in units
            ]
            user = protocol.prompts.fill(
                "rag_user", context="\n".join(lines), question=protocol.question_text(question, options)
            )
            # An observation may cite several turns: retrieving it retrieves them all.
            ids = list(dict.fromkeys(dia_id for unit in units for dia_id in unit.ids))
            jobs.append(Job(conversation, index, system, user, options, ids, "rag", setting.unit, setting.k))
    return sorted(jobs, key=lambda job: job.user)
