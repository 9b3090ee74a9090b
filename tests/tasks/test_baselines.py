"""Baselines that are asked: without memory, and with the gold evidence; and asking everything again."""

from __future__ import annotations

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.llm import open_model
from locomo.schema import Conversation
from locomo.tasks.baselines import Baseline, baseline_jobs
from locomo.tasks.job import Job, repeated, requests_for
from locomo.tasks.protocol import asking_protocol

PROTOCOL = asking_protocol("paper")


@pytest.fixture(scope="module")
def conversations() -> list[Conversation]:
    return read_conversations(SAMPLE)


def jobs_of(conversations: list[Conversation], *baselines: Baseline, window: int = 2048) -> list[Job]:
    return baseline_jobs(
        conversations,
        baselines,
        PROTOCOL,
        window=window,
        max_tokens=32,
        seed=0,
        count_tokens=lambda text: len(text.split()),
    )


def test_without_memory_a_model_sees_the_question_alone(conversations: list[Conversation]) -> None:
    jobs = jobs_of(conversations, "no_memory")
    assert len(jobs) == 131
    for job in jobs:
        assert job.question.question in job.user
        assert job.context_ids == []
        turns = [turn.text for turn in job.conversation.turns if len(turn.text) > 30]
        assert not any(text in job.user or text in job.system for text in turns)
    assert {job.unit for job in jobs} == {"no_memory"}


def test_the_gold_evidence_is_shown_in_the_order_of_the_conversation(conversations: list[Conversation]) -> None:
    for job in jobs_of(conversations, "gold_evidence"):
        assert set(job.context_ids) == set(job.question.evidence)
        order = [turn.dia_id for turn in job.conversation.turns]
        places = [order.index(dia_id) for dia_id in job.context_ids]
        assert places == sorted(places)
        texts = {turn.dia_id: turn.text_with_caption for turn in job.conversation.turns}
        found = [job.user.index(texts[dia_id]) for dia_id in job.context_ids]
        assert found == sorted(found)


def test_evidence_that_is_run_together_is_found(conversations: list[Conversation]) -> None:
    first = conversations[0]
    question = first.questions[0].model_copy(update={"evidence": ["D1:3; D2:2", "D", "D99:1"]})
    (job,) = jobs_of([first.model_copy(update={"questions": [question]})], "gold_evidence")
    assert job.context_ids == ["D1:3", "D2:2"]


def test_evidence_that_does_not_fit_is_left_out_from_the_end(conversations: list[Conversation]) -> None:
    first = conversations[0]
    every = [turn.dia_id for turn in first.turns]
    question = first.questions[0].model_copy(update={"evidence": every})
    (job,) = jobs_of([first.model_copy(update={"questions": [question]})], "gold_evidence", window=600)
    assert job.context_ids == every[: len(job.context_ids)]
    assert 5 < len(job.context_ids) < len(every)
    assert len((job.system + job.user).split()) + 32 <= 600


def test_both_or_neither(conversations: list[Conversation]) -> None:
    assert len(jobs_of(conversations, "no_memory", "gold_evidence", "no_memory")) == 262
    assert jobs_of(conversations) == []


def test_the_first_of_repeats_is_the_same_request_as_ever(conversations: list[Conversation]) -> None:
    jobs = jobs_of(conversations, "no_memory")[:2]
    provider = open_model("mock/words", context_window=None)
    once = requests_for(jobs, provider, PROTOCOL, max_tokens=32, seed=0)
    thrice = requests_for(repeated(jobs, 3), provider, PROTOCOL, max_tokens=32, seed=0)
    assert [request.key for request in thrice[::3]] == [request.key for request in once]
    assert [request.repeat for request in thrice] == [None, 1, 2] * 2
    assert len({request.key for request in thrice}) == 6
