"""The mocks: repeatable answers without a model, and scripts in which a test or a user says what goes wrong."""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import replace
from pathlib import Path

import pytest

from locomo.errors import InputError, ProviderError
from locomo.llm import AnswerError, Client, Message, Outcome, Request, RequestCache, Response, open_model, structured
from locomo.llm.retry import ATTEMPTS

SCRIPT = r"""
- match: 'When did (?P<who>\w+) go to (\w+)'
  answer: '\g<who> went to \2 on 7 May 2023'
- match: bees
  answer: Ruth keeps bees.
  input_tokens: 900
  output_tokens: 3
- match: '(?i)^how many'
  answer: "2"
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.yaml"


def ask(text: str, model: str = "words") -> Request:
    return Request("mock", model, (Message("system", "Be brief."), Message("user", text)), 8)


def answers(path: Path, text: str, *questions: str) -> list[Response]:
    path.write_text(text, encoding="utf-8")
    model = open_model(f"mock/script:{path}", context_window=None)

    async def main() -> list[Response]:
        return [await model.complete(ask(question)) for question in questions]

    return asyncio.run(main())


def outcomes(path: Path, text: str, *questions: str) -> tuple[list[Outcome], Client]:
    path.write_text(text, encoding="utf-8")
    client = Client(open_model(f"mock/script:{path}", context_window=None), RequestCache(path.parent / "cache"))
    return asyncio.run(client.ask_all([ask(question) for question in questions], lambda: None)), client


def test_words_are_of_the_prompt_and_the_same_each_time() -> None:
    model = open_model("mock/words", context_window=None)
    first, second = (asyncio.run(model.complete(ask("Who keeps bees?"))) for _ in range(2))
    assert first == second
    assert set(first.text.split()) <= {"Be", "brief.", "Who", "keeps", "bees?"}
    assert asyncio.run(model.complete(ask("Who keeps ducks?"))).text != first.text


def test_words_keep_to_a_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "text": {"type": "string", "minLength": 1, "maxLength": 9},
            "ids": {
                "type": "array",
                "minItems": 2,
                "maxItems": 3,
                "items": {"type": "string", "enum": ["D1:1", "D1:2"]},
            },
            "day": {"type": "integer", "minimum": 5, "maximum": 6},
            "bye": {"type": "boolean"},
        },
        "required": ["text", "ids", "day", "bye"],
        "additionalProperties": False,
    }
    model = open_model("mock/words", context_window=None)
    requests = [replace(ask(f"Who keeps bees, asks {number}?"), schema=schema) for number in range(20)]
    answers = [asyncio.run(structured.complete(model, request)).text for request in requests]
    assert answers == [asyncio.run(structured.complete(model, request)).text for request in requests]
    assert len(set(answers)) > 10


def test_words_are_told_a_schema_that_they_cannot_be_held_to() -> None:
    schema = {"type": "string", "pattern": "^[a-z]{40}$"}
    with pytest.raises(AnswerError, match="no JSON by the schema in 3 attempts"):
        asyncio.run(
            structured.complete(open_model("mock/words", context_window=None), replace(ask("a"), schema=schema))
        )


def test_a_delay_and_a_log_of_calls(monkeypatch: pytest.MonkeyPatch, script: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    monkeypatch.setenv("LOCOMO_MOCK_LOG", str(log))
    monkeypatch.setenv("LOCOMO_MOCK_DELAY", "0.2")
    began = time.monotonic()
    asyncio.run(open_model("mock/refuse", context_window=None).complete(ask("a")))
    answers(script, SCRIPT, "bees")
    assert time.monotonic() - began >= 0.4
    assert log.read_text().split() == [ask("a").key, ask("bees").key]


def test_the_first_rule_that_matches_the_last_message_answers(script: Path) -> None:
    went, bees, many = answers(script, SCRIPT, "When did Ivo go to Oslo?", "Who keeps bees?", "How many bees?")
    assert went.text == "Ivo went to Oslo on 7 May 2023"
    assert (bees.text, many.text) == ("Ruth keeps bees.", "Ruth keeps bees.")
    assert answers(script, SCRIPT, "HOW MANY?")[0].text == "2"
    with pytest.raises(AnswerError):
        answers(script, "- {match: brief, answer: the system message}\n", "a")


def test_tokens_are_those_of_the_rule_or_words(script: Path) -> None:
    went, bees = answers(script, SCRIPT, "When did Ivo go to Oslo?", "bees")
    assert (bees.input_tokens, bees.output_tokens) == (900, 3)
    assert (went.input_tokens, went.output_tokens, went.finish_reason) == (8, 8, "stop")


def test_what_no_rule_matches_has_no_answer_and_says_so(script: Path) -> None:
    (good, none), client = outcomes(script, SCRIPT, "bees", "Why?")
    assert good.response
    assert none.error == f"{script}: no rule matches 'Why?'"
    assert not none.transient
    assert client.tally.errors == 1


def test_the_file_pins_the_answers(script: Path) -> None:
    script.write_text(SCRIPT, encoding="utf-8")
    model = open_model(f"mock/script:{script}", context_window=None)
    assert model.revision == hashlib.sha256(script.read_bytes()).hexdigest()
    assert open_model("mock/words", context_window=None).revision is None


def test_each_call_takes_the_delay_of_its_rule(script: Path, waits: list[float]) -> None:
    answers(script, "- {answer: a, delay: 2.5}\n", "x", "y")
    assert waits == [2.5, 2.5]
    waits.clear()
    answers(script, "- {answer: a, delay: 3}\n", "x")
    assert waits == [3]


@pytest.mark.parametrize(
    ("fault", "cause"), [("rate_limit", "HTTP 429"), ("overloaded", "HTTP 529"), ("timeout", "timed out")]
)
def test_a_fault_for_now_is_sat_out(script: Path, waits: list[float], fault: str, cause: str) -> None:
    rule = f"- {{answer: Ruth, fault: {fault}, times: 2}}\n"
    both, client = outcomes(script, rule, "a", "b")
    assert [outcome.response.text for outcome in both] == ["Ruth", "Ruth"]
    assert [(cause in said, times) for said, times in client.tally.retries.items()] == [(True, 4)]  # two a request


def test_a_fault_that_stays_is_given_up_and_may_be_asked_again(script: Path, waits: list[float]) -> None:
    (busy,), _ = outcomes(script, "- fault: overloaded\n", "a")
    assert (busy.error, busy.transient) == ("HTTP 529", True)
    assert len(waits) == ATTEMPTS - 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [("refused", "refused by the provider's content filter"), ("empty", "the model gave an empty answer")],
)
def test_a_question_without_an_answer_is_asked_once(script: Path, waits: list[float], fault: str, said: str) -> None:
    (none, good), _ = outcomes(script, f"- {{match: a, fault: {fault}}}\n- answer: Ruth\n", "a", "b")
    assert said in none.error
    assert not none.transient
    assert good.response
    assert waits == []


def test_a_bad_key_ends_the_run(script: Path) -> None:
    with pytest.raises(ProviderError, match=r"^model 'mock/script:.*': the key was refused \(401\)"):
        outcomes(script, "- fault: bad_key\n", "a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {answer: a, fault: rate_limt}", "rule 1 → fault: found 'rate_limt'; Input should be 'rate_limit', "),
        ("- answer: a\n- {answer: b, delay: -1}", "rule 2 → delay: found -1; "),
        ("- {answer: 42}", "rule 1 → answer: found 42; Input should be a valid string"),
        ("- {answer: a, mach: b}", "rule 1 → mach: found 'b'; Extra inputs are not permitted"),
        ("- {answer: a, match: '('}", "rule 1 → match: found '('; Value error, not a regular expression: missing )"),
        (r"- {answer: '\2', match: '(a)'}", "rule 1: found "),
        (r"- {answer: '\2', match: '(a)'}", "the answer cannot be filled in: invalid group reference 2"),
        ("- {match: a}", "expected an answer"),
        ("- {fault: empty, times: 1}", "expected an answer"),
        ("- {answer: a, times: 1}", "`times` says how often a fault happens: expected a fault"),
        ("- {answer: a, fault: empty, times: 0}", "rule 1 → times: found 0"),
        ("answer: a", "found {'answer': 'a'}; Input should be a valid list"),
        ("", "found None; Input should be a valid list"),
        ("[]", "no rules; expected at least one"),
        ("- {", "line 1, column 4: not valid YAML"),
    ],
)
def test_a_mistake_in_a_script_is_named_with_its_place(script: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        answers(script, text)
    assert str(caught.value).startswith(f"{script}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: no such file"):
        open_model(f"mock/script:{tmp_path}/none.yaml", context_window=None)
    with pytest.raises(InputError, match="model 'mock/script': expected one of refuse, words, extract, script:FILE"):
        open_model("mock/script", context_window=None)
