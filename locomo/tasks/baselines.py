"""Baselines that a model is asked for: without any memory, and with exactly the evidence."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from locomo.prompts import load
from locomo.schema import Conversation, Question
from locomo.tasks.job import TEMPLATE_TOKENS, Job
from locomo.tasks.protocol import Protocol
from locomo.tasks.qa import qa_jobs

Baseline = Literal["no_memory", "gold_evidence"]
_DIA_ID: Final = re.compile(r"D\d+:\d+")


def baseline_jobs(
    conversations: Sequence[Conversation],
    baselines: Sequence[Baseline],
    protocol: Protocol,
    *,
    window: int,
    max_tokens: int,
    seed: int,
    count_tokens: Callable[[str], int],
) -> list[Job]:
    """Return one job a baseline, question and way it is put. `window` is in tokens, prompt and answer together.

    `no_memory`: the question alone, the floor under any memory: what can be guessed. `gold_evidence`: the turns that
    the dataset cites, in the prompt of rag, as if retrieval were perfect: what the reader makes of them is a bound for
    any retriever. Turns that do not fit are left out from the end.
    """

    def fits(system: str, user: str) -> bool:
        return count_tokens(system + user) + max_tokens + TEMPLATE_TOKENS <= window

    jobs = []
    for baseline in dict.fromkeys(baselines):
        write = _no_memory if baseline == "no_memory" else _gold_evidence
        for conversation in conversations:
            for index, question in protocol.asked(conversation):
                for put in protocol.ways(question, conversation.question_id(index), seed):
                    text = protocol.question_text(question, put.options)
                    system, user, ids = write(conversation, question, text, protocol, fits)
                    jobs.append(Job(conversation, index, system, user, put, ids, "baseline", baseline))
    return jobs


def qa_and_baseline_jobs(
    conversations: Sequence[Conversation],
    baselines: Sequence[Baseline],
    protocol: Protocol,
    *,
    window: int,
    max_tokens: int,
    seed: int,
    count_tokens: Callable[[str], int],
) -> list[Job]:
    """Return all that `qa` asks: the jobs of `qa_jobs`, then those of the baselines."""
    room: Any = {"window": window, "max_tokens": max_tokens, "seed": seed, "count_tokens": count_tokens}
    return qa_jobs(conversations, protocol, **room) + baseline_jobs(conversations, baselines, protocol, **room)


Prompt = tuple[str, str, list[str]]
"""System message, user's message, ids of the turns in it."""


def _no_memory(
    conversation: Conversation, _: Question, text: str, __: Protocol, ___: Callable[[str, str], bool]
) -> Prompt:
    prompts = load("baselines")
    speakers = {"speaker_a": conversation.speaker_a, "speaker_b": conversation.speaker_b}
    return prompts.fill("no_memory_system", **speakers), prompts.fill("no_memory_user", question=text), []


def _gold_evidence(
    conversation: Conversation, question: Question, text: str, protocol: Protocol, fits: Callable[[str, str], bool]
) -> Prompt:
    fill = protocol.prompts.fill
    system = fill("rag_system", speaker_a=conversation.speaker_a, speaker_b=conversation.speaker_b)
    cited = {dia_id for citation in question.evidence for dia_id in _DIA_ID.findall(citation)}
    shown = [
        (turn.dia_id, fill("dialog_unit", date=session.date, speaker=turn.speaker, text=turn.text_with_caption))
        for session in conversation.sessions
        for turn in session.turns
        if turn.dia_id in cited
    ]
    while True:
        user = fill("rag_user", context="\n".join(line for _, line in shown), question=text)
        if not shown or fits(system, user):
            return system, user, [dia_id for dia_id, _ in shown]
        shown.pop()
