"""Asking: one row a question in a fixed order, errors as rows, and an honest end if some calls failed temporarily."""

from __future__ import annotations

import asyncio
import weakref
from pathlib import Path
from typing import Any

import pytest

from locomo.dataset import read_conversations
from locomo.errors import IncompleteError
from locomo.llm import AnswerError, Client, Request, RequestCache, Response, TransientError
from locomo.llm.catalog import Facts
from locomo.llm.providers.mock import MockModel
from locomo.schema import Prediction
from locomo.tasks.baselines import baseline_jobs
from locomo.tasks.job import Job, answer, without_context
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs

CONVERSATIONS = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")
PAPER = asking_protocol("paper")
QUESTIONS = sum(len(c.questions) for c in CONVERSATIONS)


class Troubled(MockModel):
    """A mock that has trouble with some questions."""

    def __init__(self, trouble: dict[str, Exception]) -> None:
        super().__init__("words", Facts())
        self.trouble = trouble

    async def complete(self, request: Request) -> Response:
        for words, error in self.trouble.items():
            if words in request.messages[-1].content:
                raise error
        return await super().complete(request)


@pytest.fixture
def jobs() -> list[Job]:
    return qa_jobs(CONVERSATIONS, PAPER, window=600, max_tokens=32, seed=0, count_tokens=lambda text: len(text.split()))


@pytest.fixture
def cache(tmp_path: Path) -> RequestCache:
    return RequestCache(tmp_path / "cache")


@pytest.fixture
def sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that gets a line for every call of the mock."""
    path = tmp_path / "sent"
    path.touch()
    monkeypatch.setenv("LOCOMO_MOCK_LOG", str(path))
    return path


def run(jobs: list[Job], cache: RequestCache, model: MockModel | None = None) -> list[Prediction]:
    rows: list[Prediction] = []
    client = Client(model or MockModel("words", Facts()), cache)
    answer(jobs, client, PAPER, keep=rows.append, max_tokens=32, seed=0)
    return rows


def test_rows_are_sorted_whatever_the_order_of_asking(jobs: list[Job], cache: RequestCache) -> None:
    rows = run(jobs, cache)
    assert [row.id for row in rows] == [f"{c.sample_id}:{i}" for c in CONVERSATIONS for i in range(len(c.questions))]
    assert run(jobs[::-1], cache) == rows


def test_requests_are_made_when_they_are_sent_and_rows_are_handed_over_as_conversations_are_done(
    jobs: list[Job], cache: RequestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a stage holds must not grow with its questions, so that it has room for any number of conversations."""
    made: list[weakref.ref[Request]] = []

    class Noted(Request):
        def __init__(self, **fields: Any) -> None:
            super().__init__(**fields)
            made.append(weakref.ref(self))

    class Counting(MockModel):
        async def complete(self, request: Request) -> Response:
            held.append(sum(reference() is not None for reference in made))
            done.append(len(rows))
            return await super().complete(request)

    monkeypatch.setattr("locomo.tasks.job.Request", Noted)
    monkeypatch.setattr("locomo.llm.client.AT_ONCE", 10)
    held: list[int] = []
    done: list[int] = []
    rows: list[Prediction] = []
    client = Client(Counting("words", Facts()), cache)
    answer(jobs, client, PAPER, keep=rows.append, max_tokens=32, seed=0)
    longest = max(len(conversation.questions) for conversation in CONVERSATIONS)
    assert len(held) == len(rows) == QUESTIONS
    assert 10 <= max(held) <= longest + 10 < QUESTIONS
    assert done[-1] >= QUESTIONS - longest - 10


def test_a_row_says_all_about_its_answer(jobs: list[Job], cache: RequestCache) -> None:
    job, row = jobs[4], run(jobs[:5], cache)[4]
    assert (row.id, row.sample_id, row.index, row.category) == ("sample-1:4", "sample-1", 4, 4)
    assert (row.question, row.reference) == (job.question.question, job.question.reference)
    assert row.prediction == row.raw.strip()
    assert set(row.raw.split()) <= set(f"{job.system} {job.user}".split())
    assert (row.context_ids, row.task, row.model, row.protocol) == (job.context_ids, "qa", "words", "paper")
    assert row.usage.input_tokens == len(f"{job.system} {job.user}".split())
    assert (row.usage.output_tokens, row.usage.cost_usd, row.error) == (4, None, None)
    assert row.request.startswith("1-")


def test_running_again_asks_nothing_and_gives_the_same_rows(jobs: list[Job], cache: RequestCache, sent: Path) -> None:
    first = run(jobs, cache)
    calls = sent.read_text()
    assert len(calls.splitlines()) == QUESTIONS
    assert run(jobs, cache) == first
    assert sent.read_text() == calls


def test_a_question_that_failed_for_good_is_a_row_with_its_error(jobs: list[Job], cache: RequestCache) -> None:
    broken = jobs[4]
    model = Troubled({broken.question.question: AnswerError("the model gave an empty answer")})
    good, rows = run(jobs, cache), run(jobs, RequestCache(cache.folder / "other"), model)
    assert rows[4] == good[4].model_copy(
        update={
            "prediction": None,
            "raw": None,
            "usage": rows[4].usage,
            "error": "the model gave an empty answer",
        }
    )
    assert rows[4].usage.input_tokens == 0
    assert rows[:4] + rows[5:] == good[:4] + good[5:]


def test_what_failed_for_now_is_counted_and_only_that_is_asked_again(
    jobs: list[Job], cache: RequestCache, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(0))
    busy = {jobs[n].question.question: TransientError("HTTP 503") for n in (0, 7)}
    model = Troubled(busy | {jobs[9].question.question: TransientError("HTTP 429")})
    with pytest.raises(IncompleteError) as caught:
        run(jobs, cache, model)
    assert str(caught.value) == (
        f"3 of {QUESTIONS} questions failed temporarily, most often with HTTP 503; "
        "all answers received are kept, and running again asks only for the rest"
    )
    assert len(sent.read_text().splitlines()) == QUESTIONS - 3
    rows = run(jobs, cache)
    assert len(sent.read_text().splitlines()) == QUESTIONS
    assert [row.error for row in rows] == [None] * QUESTIONS


def test_the_letter_of_an_option_becomes_its_text(jobs: list[Job], cache: RequestCache) -> None:
    class Chooser(MockModel):
        async def complete(self, request: Request) -> Response:
            return Response("(a)", "words", 1, 1)

    rows = run(jobs, cache, Chooser("words", Facts()))
    options = {job.conversation.question_id(job.index): job.options for job in jobs}
    assert all(row.raw == "(a)" for row in rows)
    assert all(row.prediction == options[row.id].get("a", "(a)") for row in rows)


def test_a_server_that_truncates_is_told_and_leaves_unknown_what_qa_was_shown(
    cache: RequestCache, caplog: pytest.LogCaptureFixture
) -> None:
    class Small(MockModel):
        name = "house"

        async def complete(self, request: Request) -> Response:
            return Response("Ruth", "small", 300, 1)

    words = {"count_tokens": lambda text: len(text.split()), "window": 2_000, "max_tokens": 32, "seed": 0}
    jobs = qa_jobs(CONVERSATIONS, PAPER, **words) + baseline_jobs(CONVERSATIONS, ["gold_evidence"], PAPER, **words)
    rows: list[Prediction] = []
    assert answer(jobs, Client(Small("small", Facts()), cache), PAPER, keep=rows.append, max_tokens=32, seed=0)
    assert f"model 'house/small': the server truncated {QUESTIONS} of {2 * QUESTIONS} prompts" in caplog.text
    assert {row.task: bool(without_context(row).context_ids) for row in rows if row.context_ids} == {
        "qa": False,
        "baseline": True,
    }


def test_no_jobs_give_no_rows(cache: RequestCache) -> None:
    assert run([], cache) == []
