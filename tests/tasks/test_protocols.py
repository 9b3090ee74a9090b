"""How `head`, `strict` and `judge` ask otherwise than `paper`, and that they pay for nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from locomo.dataset import read_conversations
from locomo.llm import AnswerError, Client, Request, RequestCache, Response, open_model
from locomo.llm.catalog import Facts
from locomo.llm.providers.mock import MockModel
from locomo.schema import Choice, Prediction
from locomo.tasks.context import conversation_context
from locomo.tasks.job import Job, answer, requests_for
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs

CONVERSATIONS = read_conversations(Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json")
CONVERSATION = CONVERSATIONS[0]
HEAD, STRICT = asking_protocol("head"), asking_protocol("strict")


def count_words(text: str) -> int:
    return len(text.split())


def jobs_of(protocol: str, window: int = 1_000) -> list[Job]:
    return qa_jobs(
        CONVERSATIONS, asking_protocol(protocol), window=window, max_tokens=32, seed=0, count_tokens=count_words
    )


def rows_of(model: MockModel, folder: Path) -> list[Prediction]:
    rows: list[Prediction] = []
    answer(jobs_of("strict"), Client(model, RequestCache(folder)), STRICT, keep=rows.append, max_tokens=32, seed=0)
    return rows


def session_of(dia_id: str) -> int:
    return int(dia_id[1:].split(":", maxsplit=1)[0])


def test_head_has_the_newest_session_first_and_its_turns_in_order() -> None:
    context = conversation_context(CONVERSATION, HEAD, 1_000_000, count_words)
    newest_first = [turn.dia_id for session in reversed(CONVERSATION.sessions) for turn in session.turns]
    assert context.ids == newest_first
    last = CONVERSATION.sessions[-1]
    assert context.text.startswith(f"[Session {last.number}, {last.date_time}]\n{last.turns[0].speaker}: ")
    assert context.text.count("[Session ") == len(CONVERSATION.sessions)


@pytest.mark.parametrize("budget", [100, 333, 1_000, 1_500])
def test_head_drops_the_newest_sessions_and_the_beginning_of_the_one_it_cuts(budget: int) -> None:
    context = conversation_context(CONVERSATION, HEAD, budget, count_words)
    assert count_words(context.text) <= budget
    shown = [session_of(dia_id) for dia_id in context.ids]
    assert shown == sorted(shown, reverse=True)
    cut = CONVERSATION.sessions[shown[0] - 1]
    assert set(shown) == set(range(1, cut.number + 1))  # from the first session on, none is missing
    kept = [dia_id for dia_id in context.ids if session_of(dia_id) == cut.number]
    assert kept == [turn.dia_id for turn in cut.turns][-len(kept) :]
    for older in CONVERSATION.sessions[: cut.number - 1]:
        assert [i for i in context.ids if session_of(i) == older.number] == [turn.dia_id for turn in older.turns]
    paper = conversation_context(CONVERSATION, asking_protocol("paper"), budget, count_words)
    assert paper.ids[-1] == [turn.dia_id for turn in CONVERSATION.turns][-1]
    assert paper.ids[-1] not in context.ids


def test_strict_asks_adversarial_questions_in_both_orders() -> None:
    jobs = jobs_of("strict")
    adversarial = [job for job in jobs if job.question.category == 5]
    assert len(jobs) == 131 + 24
    assert len(adversarial) == 2 * 24
    for one, other in zip(adversarial[::2], adversarial[1::2], strict=True):
        assert (one.index, one.put.refusal, other.put.refusal) == (other.index, "a", "b")
        assert (one.options["a"], one.options["b"]) == (other.options["b"], other.options["a"])
        assert one.options["a"] == "Not mentioned in the conversation"
        assert f"(a) {other.options['a']} or (b) {other.options['b']}" in other.user


def test_what_paper_has_paid_for_is_part_of_what_strict_and_judge_ask() -> None:
    model = open_model("mock/words", context_window=None)
    keys = {
        name: {r.key for r in requests_for(jobs_of(name), model, asking_protocol(name), max_tokens=32, seed=0)}
        for name in ("paper", "head", "strict", "judge")
    }
    assert keys["paper"] < keys["strict"]
    assert len(keys["strict"] - keys["paper"]) == 24
    assert len(keys["judge"] - keys["paper"]) == 24  # adversarial questions without options
    assert len(keys["paper"] - keys["judge"]) == 24
    assert not keys["head"] & keys["paper"]  # its context is another one


def test_judge_asks_adversarial_questions_like_any_other() -> None:
    jobs = [job for job in jobs_of("judge") if job.question.category == 5]
    assert len(jobs) == 24
    assert not any(job.options or "(a)" in job.user for job in jobs)
    assert all(f"Question: {job.question.question.strip()}\n" in job.user for job in jobs)


class Chooser(MockModel):
    """Takes the option that a test says; does not answer where that is an error."""

    def __init__(self, says: object) -> None:
        super().__init__("words", Facts())
        self.says = says

    async def complete(self, request: Request) -> Response:
        if "Choose (a)" in request.messages[-1].content and isinstance(self.says, Exception):
            raise self.says
        return Response(str(self.says), "words", 1, 1)


@pytest.mark.parametrize(
    ("says", "taken", "predictions"),
    [
        ("(a)", ["a", "a"], ["Not mentioned in the conversation", "other"]),
        ("Option B.", ["b", "b"], ["other", "Not mentioned in the conversation"]),
        ("(a) or (b)", [None, None], ["(a) or (b)", "(a) or (b)"]),
        ("Not mentioned", ["a", "b"], ["Not mentioned in the conversation"] * 2),
    ],
)
def test_a_row_says_how_a_choice_was_put_and_taken(says: str, taken: list, predictions: list, tmp_path: Path) -> None:
    rows = rows_of(Chooser(says), tmp_path)
    assert len(rows) == 155
    pair = [row for row in rows if row.choice][:2]
    assert pair[0].id == pair[1].id
    assert [row.choice for row in pair] == [Choice(refusal=r, taken=t) for r, t in zip("ab", taken, strict=True)]
    other = next(q for q in CONVERSATION.questions if q.category == 5).adversarial_answer
    assert [row.prediction for row in pair] == [other if text == "other" else text for text in predictions]
    assert all(row.choice is None for row in rows if row.category != 5)


def test_a_choice_that_failed_is_still_told_apart(tmp_path: Path) -> None:
    model = Chooser(AnswerError("refused"))
    rows = rows_of(model, tmp_path)
    failed = [row for row in rows if row.error]
    assert len(failed) == 48
    assert [row.choice.refusal for row in failed[:4]] == ["a", "b", "a", "b"]
    assert {row.prediction for row in failed} == {None}
