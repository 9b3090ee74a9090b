"""A model as judge: what it is asked, how votes are counted, and what becomes of its failures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from locomo.errors import IncompleteError, InputError
from locomo.llm import AnswerError, Capabilities, Client, Message, Request, RequestCache, Response, TransientError
from locomo.schema import Claim, Verdict
from locomo.tasks.judge_prompt import PROMPTS, check_prompt, judge_prompt
from locomo.tasks.judging import SCHEMA, judge, requests_for

CLAIMS = [Claim("Who keeps bees?", "Ruth", "It was Ruth."), Claim("When?", "7 May 2023", "In {June}")]


class Judge:
    """Says what a test says."""

    name, model, revision, concurrency, limits = "scripted", "m", None, 4, None
    capabilities = Capabilities(context_window=4000, json_schema=True)

    def __init__(self, verdict: Callable[[Request], object]) -> None:
        self.verdict = verdict
        self.asked: list[Request] = []

    def count_tokens(self, text: str) -> int:
        return len(text)

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        found = self.verdict(request)
        if isinstance(found, Exception):
            raise found
        text = found if isinstance(found, str) else json.dumps({"reasoning": "so", "correct": found})
        return Response(text, "m", 10, 2)

    async def close(self) -> None:
        """Nothing is held open."""


def verdicts(model: Judge, folder: Path, votes: int = 1, prompt: str = "balanced") -> list[Verdict]:
    return judge(CLAIMS, Client(model, RequestCache(folder)), prompt, votes=votes, seed=0)


def test_it_sees_question_reference_and_answer_and_is_held_to_a_schema(tmp_path: Path) -> None:
    model = Judge(lambda request: "Ruth" in request.messages[-1].content)
    assert verdicts(model, tmp_path) == [Verdict(True), Verdict(False)]
    first, second = model.asked
    assert first.messages[-1].content.startswith(
        "Question: Who keeps bees?\nReference answer: Ruth\nAnswer to check: It was Ruth.\n"
    )
    assert "In {June}" in second.messages[-1].content
    assert (first.schema, first.temperature, first.repeat) == (SCHEMA, 0.0, None)


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    verdicts(Judge(lambda request: True), tmp_path)
    again = Judge(lambda request: False)
    assert verdicts(again, tmp_path) == [Verdict(True), Verdict(True)]
    assert again.asked == []
    assert verdicts(again, tmp_path, prompt="strict") == [Verdict(False), Verdict(False)]


def test_most_votes_decide(tmp_path: Path) -> None:
    model = Judge(
        lambda request: request.repeat != 1 if "Ruth" in request.messages[-1].content else request.repeat == 1
    )
    assert verdicts(model, tmp_path, votes=3) == [Verdict(True), Verdict(False)]
    assert len({request.key for request in model.asked}) == 6
    assert {request.repeat for request in model.asked} == {None, 1, 2}
    assert {request.temperature for request in model.asked} == {0.7}


def test_a_failed_vote_decides_nothing(tmp_path: Path) -> None:
    def one_fails(request: Request) -> object:
        return AnswerError("refused") if request.repeat == 2 else True

    assert verdicts(Judge(one_fails), tmp_path / "1", votes=3) == [Verdict(True), Verdict(True)]

    def and_the_others_differ(request: Request) -> object:
        return AnswerError("refused") if request.repeat == 2 else request.repeat is None

    assert verdicts(Judge(and_the_others_differ), tmp_path / "2", votes=3) == [Verdict(None, "refused")] * 2
    assert verdicts(Judge(lambda request: AnswerError("no")), tmp_path / "3") == [Verdict(None, "no")] * 2


def test_what_is_clear_is_taken_as_it_comes_and_all_else_is_asked_again(tmp_path: Path) -> None:
    said = {
        "In {June}": iter(
            ["Hm, that depends.", '{"correct": true} {"correct": false}', "```\n{'correct': 'TRUE'}\n```"]
        )
    }
    model = Judge(
        lambda request: next(said["In {June}"]) if "{June}" in request.messages[1].content else "<think>y</think>no"
    )
    found = verdicts(model, tmp_path)
    assert found == [Verdict(False), Verdict(True)]
    assert len(model.asked) == 1 + 3
    complaints = [message.content for message in model.asked[-1].messages if message.content.startswith("That cannot")]
    assert "no verdict" in complaints[0]
    assert "contradict" in complaints[1]
    assert [(each.usage.input_tokens, each.usage.output_tokens) for each in found if each.usage] == [(10, 2), (30, 6)]


def test_one_that_is_never_clear_has_no_verdict(tmp_path: Path) -> None:
    (one, other) = verdicts(Judge(lambda request: '{"correct": true} {"correct": false}'), tmp_path)
    assert one.correct is other.correct is None
    assert "contradict" in str(one.error)
    assert one.usage is not None
    assert one.usage.input_tokens == 30


def test_without_a_gold_answer_it_is_asked_whether_the_answer_abstains(tmp_path: Path) -> None:
    model = Judge(lambda request: json.dumps({"reasoning": "", "abstained": "never" in request.messages[1].content}))
    claims = [Claim("What is her cat called?", None, "They never say."), Claim("What?", None, "Tom")]
    found = judge(claims, Client(model, RequestCache(tmp_path)), "strict", votes=1, seed=0)
    assert found == [Verdict(True), Verdict(False)]
    assert {request.schema["required"][1] for request in model.asked if request.schema} == {"abstained"}
    assert all("Reference" not in request.messages[1].content for request in model.asked)


def test_what_failed_for_now_ends_the_run_and_is_asked_again(tmp_path: Path, waits: list[float]) -> None:
    busy = Judge(lambda request: True if "Ruth" in request.messages[-1].content else TransientError("HTTP 503"))
    with pytest.raises(
        IncompleteError, match="1 of 2 judgements failed temporarily, most often with HTTP 503; all that"
    ):
        verdicts(busy, tmp_path)
    again = Judge(lambda request: False)
    assert verdicts(again, tmp_path) == [Verdict(True), Verdict(False)]
    assert len(again.asked) == 1


def test_the_prompts_differ_and_an_unknown_one_is_refused() -> None:
    provider = Judge(lambda request: True)
    rules = {requests_for(CLAIMS, provider, name, votes=1, seed=0)[0].messages[0].content for name in PROMPTS}
    assert len(rules) == 3
    with pytest.raises(InputError, match="judge's prompt 'lenent': expected one of strict, balanced, lenient, or the"):
        check_prompt("lenent")


def test_a_prompt_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("version: mine-1\ntemplates:\n  rules: Be fair.\n", encoding="utf-8")
    (request, *_) = requests_for(CLAIMS, Judge(lambda request: True), str(path), votes=1, seed=0)
    (ours, *_) = requests_for(CLAIMS, Judge(lambda request: True), "strict", votes=1, seed=0)
    assert request.messages == (Message("system", "Be fair."), ours.messages[1])
    found = judge_prompt(str(path))
    assert found.name == "mine-1"
    assert found.prompts.version.startswith("mine-1 ")
    path.write_text(path.read_text() + "  user: '{question} {gold} {answer}?'\n", encoding="utf-8")
    assert judge_prompt(str(path)).prompts.version != found.prompts.version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: mine\ntemplates: {user: '{question} {gold} {answer}'}", "templates.rules: missing; it says when"),
        (
            "version: mine\ntemplates: {rules: x, user: '{question} {answer}'}",
            "templates.user: the field {gold} is miss",
        ),
        ("version: mine\ntemplates: {rules: '{gold}'}", "templates.rules: unknown field {gold}; expected none"),
        ("version: mine\nfinal: x\ntemplates: {rules: x}", "final: unknown; expected version, templates"),
        ("version: strict\ntemplates: {rules: x}", "version: found 'strict', expected a name of letters"),
        ("version: so [1]\ntemplates: {rules: x}", "version: found 'so [1]', expected a name of letters"),
    ],
)
def test_mistakes_in_a_prompt_of_ones_own(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        check_prompt(str(path))
    assert str(caught.value).startswith(f"{path}: {said}")


RUBRIC = [Claim("What next?", None, "Tea at ten.", rubric=("says: tea", "says: at ten"))]
CUE = [Claim("Ines: I ordered an espresso.", None, "But you gave up coffee!", cue="Ines: I gave up coffee.")]


@pytest.mark.parametrize(
    ("claims", "said", "expected"),
    [
        (RUBRIC, [{"met": True}, {"met": True}], Verdict(True, share=1.0)),
        (RUBRIC, [{"met": True}, {"met": "no"}], Verdict(False, share=0.5)),
        (RUBRIC, [{"met": False}, {"met": False}], Verdict(False, share=0.0)),
        (CUE, [{"grade": "correct"}], Verdict(True, share=1.0)),
        (CUE, ['{"reasoning": "so", "grade": "Partial"}'], Verdict(False, share=0.5)),
        (CUE, ["wrong"], Verdict(False, share=0.0)),
    ],
)
def test_a_rubric_is_asked_about_item_by_item_and_a_reply_to_a_cue_is_graded(
    claims: list[Claim], said: list[object], expected: Verdict, tmp_path: Path
) -> None:
    shown = claims[0].rubric or (claims[0].cue or "",)

    def verdict(request: Request) -> str:
        found = said[next(n for n, each in enumerate(shown) if each in request.messages[-1].content)]
        return found if isinstance(found, str) else json.dumps({"reasoning": "so"} | dict(found))  # type: ignore[call-overload]

    model = Judge(verdict)
    assert judge(claims, Client(model, RequestCache(tmp_path)), "strict", votes=1, seed=0) == [expected]
    assert len(model.asked) == len(said)
    assert all(claims[0].answer in request.messages[-1].content for request in model.asked)
    assert expected.value == expected.share


def test_without_a_verdict_on_one_item_there_is_none_on_the_answer(tmp_path: Path) -> None:
    model = Judge(
        lambda request: "perhaps" if "at ten" in request.messages[-1].content.split("item")[-1] else '{"met": 1}'
    )
    (found,) = judge(RUBRIC, Client(model, RequestCache(tmp_path)), "strict", votes=1, seed=0)
    assert (found.correct, found.value) == (None, None)
    assert "expected JSON with 'met' true or false" in (found.error or "")


@pytest.mark.parametrize(
    ("votes", "share"),
    [(["correct", "wrong", "partial"], 0.5), (["correct", "correct", "wrong"], 1.0), (["wrong", "partial", "?"], 0.0)],
)
def test_of_several_grades_the_middle_one_counts(votes: list[str], share: float, tmp_path: Path) -> None:
    model = Judge(lambda request: json.dumps({"reasoning": "so", "grade": votes[request.repeat or 0]}))
    (found,) = judge(CUE, Client(model, RequestCache(tmp_path)), "strict", votes=3, seed=0)
    assert found.value == share
