"""rag: retrieved units as context, over a grid of unit × k."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from locomo.errors import InputError
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import Unit
from locomo.schema import Conversation
from locomo.tasks.job import TEMPLATE_TOKENS, Job
from locomo.tasks.protocol import Protocol


@dataclass(frozen=True, slots=True)
class RagSetting:
    """One cell of the grid: what is retrieved, and how many of it."""

    unit: str
    k: int


PAPER_GRID = (
    *(RagSetting(unit, k) for unit in ("dialog", "observation") for k in (5, 10, 25, 50)),
    *(RagSetting("summary", k) for k in (2, 5, 10)),
)
"""The settings of the paper's Table 3."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much context a prompt has room for, and in which order it comes. Sizes are in tokens."""

    window: int
    """Of prompt and answer together."""
    max_tokens: int
    """Of the answer."""
    count_tokens: Callable[[str], int]
    context_tokens: int | None = None
    """Of the context, at most; None for all that the window holds."""
    order: Literal["rank", "time"] = "rank"
    """Best first, as in the paper, or in the order of the conversation."""

    def chosen(self, units: Sequence[Unit], write: Callable[[Unit], str], frame: str) -> list[Unit]:
        """Return the units to be shown, in order: as many of the best as fit beside the `frame`, the rest of a prompt.

        InputError if not even the best one fits.
        """
        lines = [write(unit) for unit in units]
        fit = bisect_left(range(1, len(units) + 1), True, key=lambda n: not self._hold(lines[:n], frame))
        if units and not fit:
            raise InputError(
                "params.yaml: rag: not even one unit fits into a prompt; make rag.context_tokens or "
                "answer.context_window larger"
            )
        return sorted(units[:fit], key=_when) if self.order == "time" else list(units[:fit])

    def _hold(self, lines: list[str], frame: str) -> bool:
        context = "\n".join(lines)
        room = self.window - self.max_tokens - TEMPLATE_TOKENS
        most = room if self.context_tokens is None else self.context_tokens
        size = len(context.encode())
        if size <= most and size + len(frame.encode()) <= room:  # a token has at least one byte: nothing to count
            return True
        tokens = self.count_tokens(context)
        return tokens <= most and tokens + self.count_tokens(frame) <= room


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a memory system found for the questions of a conversation."""

    system: str
    """The name that rows call it by, in place of a kind of unit."""
    conversation: Conversation
    units: Sequence[Sequence[Unit]]
    """By question, best first."""
    written: str = "memory_unit"
    """The template of a unit."""


def memory_jobs(
    remembered: Sequence[Remembered], ks: Sequence[int], protocol: Protocol, room: Room, *, seed: int
) -> list[Job]:
    """Return one job for each system, k and question of every conversation."""
    return [
        job
        for each in remembered
        for job in rag_jobs(
            each.conversation,
            {each.system: each.units},
            [RagSetting(each.system, k) for k in ks],
            protocol,
            room,
            seed=seed,
            written={each.system: each.written},
        )
    ]


def _when(unit: Unit) -> tuple[int, int]:
    """The place of a unit in its conversation: session, and turn for what is made of turns."""
    turns = [int(dia_id.partition(":")[2]) for dia_id in unit.ids if ":" in dia_id]
    return unit.session, min(turns, default=0)


def all_rag_jobs(
    conversations: Sequence[Conversation],
    retriever: Retriever,
    settings: Sequence[RagSetting],
    protocol: Protocol,
    room: Room,
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
            room,
            seed=seed,
        )
    ]


def _units(conversation: Conversation, retriever: Retriever, unit: str, k: int) -> list[list[Unit]]:
    questions = [question.question for question in conversation.questions]
    return [[hit.unit for hit in hits] for hits in retriever.rank(conversation, unit, questions, k)]


def rag_jobs(
    conversation: Conversation,
    ranked: Mapping[str, Sequence[Sequence[Unit]]],
    settings: Sequence[RagSetting],
    protocol: Protocol,
    room: Room,
    *,
    seed: int,
    written: Mapping[str, str] = MappingProxyType({}),
) -> list[Job]:
    """Return one job a setting, question and way it is put.

    `ranked[unit][index]` are the units for a question, best first; `written` is the template of a unit, where it is
    another one than that of its kind.
    Units are shown with the day of their session: the time of day would cost a third of the tokens and answers nothing.
    Jobs are ordered by their prompt, so that those whose context begins alike are neighbours and share a prefix.
    """
    dates = {session.number: session.date for session in conversation.sessions}
    system = protocol.prompts.fill("rag_system", speaker_a=conversation.speaker_a, speaker_b=conversation.speaker_b)
    jobs = []
    for setting in settings:
        of_kind = written.get(setting.unit, f"{setting.unit}_unit")

        def write(unit: Unit, template: str = of_kind) -> str:
            return protocol.prompts.fill(template, date=dates.get(unit.session), speaker=unit.speaker, text=unit.text)

        for index, question in protocol.asked(conversation):
            for put in protocol.ways(question, conversation.question_id(index), seed):
                text = protocol.question_text(question, put.options)
                frame = system + protocol.prompts.fill("rag_user", context="", question=text)
                units = room.chosen(ranked[setting.unit][index][: setting.k], write, frame)
                user = protocol.prompts.fill("rag_user", context="\n".join(map(write, units)), question=text)
                # An observation may cite several turns: retrieving it retrieves them all.
                ids = list(dict.fromkeys(dia_id for unit in units for dia_id in unit.ids))
                jobs.append(Job(conversation, index, system, user, put, ids, "rag", setting.unit, setting.k))
    return sorted(jobs, key=lambda job: job.user)
