"""rag: one job a setting and question, with the k best units in the order of their rank."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.units import UNITS, Unit
from locomo.tasks.job import TEMPLATE_TOKENS, Job
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.rag import PAPER_GRID, RagSetting, Room, rag_jobs

CONVERSATION = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")[0]
DATES = {session.number: session.date for session in CONVERSATION.sessions}


def words(text: str) -> int:
    return len(text.split())


LARGE = Room(window=10**6, max_tokens=10, count_tokens=words)


def jobs_of(unit: str, k: int, ranking: list[Unit], room: Room = LARGE) -> list[Job]:
    """Every question gets the same ranking, turned by its index so that it can be told apart; jobs by index."""
    ranked = {unit: [ranking[index:] + ranking[:index] for index in range(len(CONVERSATION.questions))]}
    jobs = rag_jobs(CONVERSATION, ranked, [RagSetting(unit, k)], asking_protocol("paper"), room, seed=0)
    return sorted(jobs, key=lambda job: job.index)


def notes(job: Job) -> list[str]:
    return job.user.removeprefix("Notes:\n").split("\n\nQuestion: ")[0].split("\n")


def test_turns_come_dated_in_the_order_of_their_rank() -> None:
    ranking = UNITS["dialog"](CONVERSATION)[::-1]
    jobs = jobs_of("dialog", 3, ranking)
    assert [job.index for job in jobs] == list(range(len(CONVERSATION.questions)))
    for job in jobs:
        best = ranking[job.index : job.index + 3]
        assert notes(job) == [f"[{DATES[unit.session]}] {unit.speaker}: {unit.text}" for unit in best]
        assert job.context_ids == [unit.ids[0] for unit in best]
        assert (job.task, job.unit, job.k) == ("rag", "dialog", 3)
        assert job.question.question in job.user


def test_an_observation_brings_all_its_turns_and_none_twice() -> None:
    facts = [(("D1:3",), "a"), (("D2:4", "D1:3"), "b"), (("D3:1", "D2:4", "D1:3"), "c"), (("D3:2",), "d")]
    ranking = [Unit(ids, 1, "Ruth", text, text) for ids, text in facts] * 20
    job = jobs_of("observation", 3, ranking)[0]
    assert notes(job) == [f"[{DATES[1]}] {text}" for text in "abc"]
    assert job.context_ids == ["D1:3", "D2:4", "D3:1"]


def test_a_summary_stands_for_its_session() -> None:
    ranking = UNITS["summary"](CONVERSATION)[::-1]
    job = jobs_of("summary", 2, ranking)[0]
    assert job.context_ids == ["S6", "S5"]
    assert notes(job) == [f"[{DATES[n]}] {CONVERSATION.summaries[n]}" for n in (6, 5)]


def test_a_k_beyond_what_there_is_shows_all() -> None:
    assert len(jobs_of("summary", 50, UNITS["summary"](CONVERSATION))[0].context_ids) == 6


def test_every_question_is_asked_in_every_cell_and_like_prompts_are_neighbours() -> None:
    ranked = {unit: [make(CONVERSATION)] * len(CONVERSATION.questions) for unit, make in UNITS.items()}
    jobs = rag_jobs(CONVERSATION, ranked, PAPER_GRID, asking_protocol("paper"), LARGE, seed=0)
    asked = [(job.unit, job.k, job.index) for job in jobs]
    assert sorted(asked) == sorted((s.unit, s.k, i) for s in PAPER_GRID for i in range(len(CONVERSATION.questions)))
    assert [job.user for job in jobs] == sorted(job.user for job in jobs)


def test_units_can_come_in_the_order_of_the_conversation() -> None:
    ranking = UNITS["dialog"](CONVERSATION)[::-1]
    by_rank, by_time = (
        jobs_of("dialog", 40, ranking, replace(LARGE, order=order))[0].context_ids for order in ("rank", "time")
    )
    assert by_time == by_rank[::-1]


def test_of_k_units_as_many_of_the_best_as_fit_are_shown() -> None:
    ranking = UNITS["dialog"](CONVERSATION)
    for tokens in (80, 200, 400):
        for job in jobs_of("dialog", 40, ranking, replace(LARGE, context_tokens=tokens)):
            shown = "\n".join(notes(job))
            assert words(shown) <= tokens
            number = len(job.context_ids)
            assert job.context_ids == [unit.ids[0] for unit in ranking[job.index : job.index + number]]
            unit = ranking[job.index + number]
            assert words(f"{shown}\n[{DATES[unit.session]}] {unit.speaker}: {unit.text}") > tokens


def test_the_whole_prompt_fits_into_the_window() -> None:
    room = Room(window=300, max_tokens=32, count_tokens=words)
    jobs = jobs_of("dialog", 50, UNITS["dialog"](CONVERSATION), room)
    assert all(words(job.system + job.user) <= 300 - 32 - TEMPLATE_TOKENS for job in jobs)
    assert max(words(job.system + job.user) for job in jobs) > 180


def test_a_room_for_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"not even one unit fits.*rag\.context_tokens or answer\.context_window"):
        jobs_of("dialog", 5, UNITS["dialog"](CONVERSATION), replace(LARGE, context_tokens=2))
