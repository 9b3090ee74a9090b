"""qa: one job a question, all of a conversation with the same context, within the window."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.llm import Message, Request, Response, open_model
from locomo.schema import Conversation
from locomo.tasks.job import Job
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs

CONVERSATIONS = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")


def count_words(text: str) -> int:
    return len(text.split())


def jobs_of(*conversations: Conversation, window: int) -> list[Job]:
    return qa_jobs(
        conversations, asking_protocol("paper"), window=window, max_tokens=32, seed=0, count_tokens=count_words
    )


def test_every_question_gets_its_job() -> None:
    jobs = jobs_of(*CONVERSATIONS, window=1_000)
    assert [(job.conversation.sample_id, job.index) for job in jobs] == [
        (c.sample_id, index) for c in CONVERSATIONS for index in range(len(c.questions))
    ]
    for job in jobs:
        assert job.question.question in job.user
        assert job.conversation.speaker_a in job.system
        assert job.conversation.speaker_b in job.system
        assert (job.task, job.unit, job.k) == ("qa", None, None)
        assert set(job.options) == ({"a", "b"} if job.question.category == 5 else set())


def test_prompt_and_answer_fit_the_window_and_use_it() -> None:
    jobs = jobs_of(CONVERSATIONS[0], window=1_000)
    sizes = [count_words(job.system + " " + job.user) + 32 for job in jobs]
    assert max(sizes) <= 1_000
    assert max(sizes) > 850
    assert 0 < len(jobs[0].context_ids) < len(list(CONVERSATIONS[0].turns))


def test_the_questions_of_a_conversation_share_one_beginning() -> None:
    jobs = jobs_of(CONVERSATIONS[0], window=1_000)
    assert len({job.user.split("Question: ")[0] for job in jobs}) == 1
    assert len({tuple(job.context_ids) for job in jobs}) == 1
    assert len({job.system for job in jobs}) == 1


def test_a_conversation_without_questions_has_no_jobs() -> None:
    silent = CONVERSATIONS[0].model_copy(update={"questions": []})
    assert {job.conversation.sample_id for job in jobs_of(silent, CONVERSATIONS[1], window=1_000)} == {"sample-2"}


@pytest.mark.parametrize("window", [40, 150])
def test_a_window_that_is_too_small_is_refused(window: int) -> None:
    with pytest.raises(InputError) as caught:
        jobs_of(CONVERSATIONS[0], window=window)
    assert str(caught.value) == (
        f"params.yaml: answer.context_window: {window} tokens do not fit a question of sample-1, its answer and "
        "one turn; make it larger"
    )


def test_a_prompt_for_the_embedded_model_really_fits_its_window() -> None:
    """The chat template adds tokens that nobody counts one by one: what is left for them must do."""

    async def main() -> Response:
        model = open_model("gguf/smollm2-135m-instruct", context_window=320)
        try:
            jobs = qa_jobs(
                CONVERSATIONS[:1],
                asking_protocol("paper"),
                window=320,
                max_tokens=8,
                seed=0,
                count_tokens=model.count_tokens,
            )
            job = max(jobs, key=lambda job: len(job.user))
            messages = (Message("system", job.system), Message("user", job.user))
            return await model.complete(Request("gguf", model.model, messages, max_tokens=8))
        finally:
            await model.close()

    assert 200 < asyncio.run(main()).input_tokens <= 320 - 8
