"""Answers by a JSON schema: what is taken from a model's words, what it is told, and when that is given up."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from locomo.errors import InputError, ProviderError
from locomo.llm import AnswerError, Capabilities, Message, Request, Response, open_model, structured
from locomo.llm.provider import SchemaError

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "turns": {"type": "array", "items": {"type": "string"}}},
    "required": ["answer"],
    "additionalProperties": False,
}
REQUEST = Request(
    "fake", "m", (Message("system", "Be brief."), Message("user", "Who?")), 64, stop=("\n",), schema=SCHEMA
)
RUTH = '{"answer":"Ruth"}'


class Fake:
    """Gives its answers in turn (an exception is raised), and keeps what it was asked."""

    name, model, revision, limits, concurrency = "fake", "m", None, None, 1

    def __init__(self, *answers: str | Exception, held: bool = False, finish_reason: str = "stop") -> None:
        self.capabilities = Capabilities(context_window=4096, json_schema=held)
        self.answers = list(answers)
        self.finish_reason = finish_reason
        self.asked: list[Request] = []

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Response(answer, "m", 10, 2, cached_tokens=3, cache_write_tokens=1, finish_reason=self.finish_reason)


def complete(fake: Fake, schema: object = SCHEMA) -> Response:
    return asyncio.run(structured.complete(fake, replace(REQUEST, schema=schema)))


@pytest.mark.parametrize(
    ("words", "json_text"),
    [
        (RUTH, RUTH),
        (' \n{"turns": [ "D1:3" ],\n "answer": "Ruth" }\n', '{"answer":"Ruth","turns":["D1:3"]}'),
        ('```json\n{"answer": "Ruth"}\n```', RUTH),
        ('Sure! Here it is:\n```\n{"answer": "Ruth"}\n```\nAsk me more.', RUTH),
        ('By the [sources], {"answer": "Ruth"} is right, not {"answer": "Ivo"}.', RUTH),
        ('{"answer": "Zo\\u00eb \\ud83d\\udef6 蜂蜜"}', '{"answer":"Zoë 🛶 蜂蜜"}'),
        ('{"answer": "a { b ] ``` c"}', '{"answer":"a { b ] ``` c"}'),
    ],
)
def test_the_first_json_in_the_words_is_the_answer(words: str, json_text: str) -> None:
    assert complete(Fake(words)).text == json_text


@pytest.mark.parametrize(
    ("words", "schema", "json_text"),
    [
        ("42", {"type": "integer"}, "42"),
        ("```\nnull\n```", {"type": ["string", "null"]}, "null"),
        ("They are [1, 2].", {"type": "array"}, "[1,2]"),
        ('"Ruth"', {"enum": ["Ruth", "Ivo"]}, '"Ruth"'),
    ],
)
def test_an_answer_need_not_be_an_object(words: str, schema: dict, json_text: str) -> None:
    assert complete(Fake(words), schema).text == json_text


def test_a_model_is_told_the_schema_and_then_what_was_wrong() -> None:
    fake = Fake("Ruth does.", '{"answer": 7}', RUTH)
    assert complete(fake) == Response(RUTH, "m", 30, 6, cached_tokens=9, cache_write_tokens=3, finish_reason="stop")
    first, second, third = (request.messages for request in fake.asked)
    assert first[0] == Message("system", "Be brief.")
    assert first[1].content == "Who?" + structured.instruction(SCHEMA)
    assert json.dumps(SCHEMA["required"]) in first[1].content
    assert second[:2] == first
    assert second[2] == Message("assistant", "Ruth does.")
    assert "the answer holds no JSON" in second[3].content
    assert third[:4] == second
    assert third[4] == Message("assistant", '{"answer": 7}')
    assert "answer: 7 is not of type 'string'" in third[5].content
    assert all(request.stop is None and request.schema is None for request in fake.asked)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("Ruth does.", "the answer holds no JSON"),
        ("{'answer': 'Ruth'}", "its JSON is broken: Expecting property name enclosed in double quotes"),
        ('{"answer": "Ruth",}', "its JSON is broken: "),
        ('{"answer": "Ruth"', "its JSON is broken: "),
        ('{"wrong": {"answer": "Ruth"}}', "'wrong'"),
        ('{bad: {"answer": "Ruth"}}', "its JSON is broken: "),
        ('{"answer": "Ruth", "turns": ["D1:3", null]}', "turns → 1: None is not of type 'string'"),
        ('{"answer": "\\ud83d"}', "found \\ud83d without its other half"),
        ('{"answer": NaN}', "found NaN, expected a finite number"),
        ("[" * 100_000, "recursion"),
    ],
)
def test_json_is_never_repaired_and_the_third_failure_is_the_last(words: str, complaint: str) -> None:
    fake = Fake(words, words, words, RUTH)
    with pytest.raises(AnswerError, match="no JSON by the schema in 3 attempts: ") as caught:
        complete(fake)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(fake.asked) == 3


def test_a_complaint_does_not_repeat_a_whole_book() -> None:
    fake = Fake(*[json.dumps({"answer": ["x" * 10_000]})] * 3)
    with pytest.raises(AnswerError) as caught:
        complete(fake)
    assert len(str(caught.value)) < 500


def test_a_model_that_is_held_to_the_schema_is_told_nothing() -> None:
    fake = Fake('{ "answer" : "Ruth" }', held=True)
    assert complete(fake).text == RUTH
    (request,) = fake.asked
    assert request.messages == REQUEST.messages
    assert request.schema == SCHEMA
    assert request.stop is None


def test_a_held_model_that_fails_all_the_same_is_asked_again() -> None:
    fake = Fake('{"answer": 7}', RUTH, held=True)
    assert complete(fake).text == RUTH
    assert fake.asked[1].schema == SCHEMA


@pytest.mark.parametrize("words", ['{"answer": "Ru', '{"answer"', '"Ruth and'])
def test_a_held_model_whose_answer_was_cut_is_not_asked_again(words: str) -> None:
    fake = Fake(words, RUTH, held=True, finish_reason="length")
    with pytest.raises(AnswerError, match=r"^the answer was cut by max_tokens before its JSON ended; raise it$"):
        complete(fake)
    assert len(fake.asked) == 1


def test_another_model_whose_answer_was_cut_may_be_briefer() -> None:
    cut = Fake('I think that {"answer": "Ru', RUTH, finish_reason="length")
    assert complete(cut).text == RUTH
    assert "cut by max_tokens" in cut.asked[1].messages[-1].content


def test_a_schema_that_the_model_cannot_be_held_to_is_told_instead() -> None:
    fake = Fake(SchemaError("no references"), RUTH, held=True)
    assert complete(fake).text == RUTH
    assert fake.asked[1].messages[-1].content.endswith(structured.instruction(SCHEMA))
    assert fake.asked[1].schema is None


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "objet"}, "type: 'objet' is not valid"),
        ({"type": "object", "properties": {"a": {"type": 7}}}, "properties → a → type: 7 is not valid"),
        ({"required": "answer"}, "required: 'answer' is not of type 'array'"),
        ({"type": "string", "pattern": "("}, "pattern: '(' is not a 'regex'"),
    ],
)
def test_a_schema_that_is_none_is_refused_before_anything_is_sent(schema: dict, said: str) -> None:
    fake = Fake(RUTH)
    with pytest.raises(InputError) as caught:
        complete(fake, schema)
    assert str(caught.value).startswith("JSON schema of an answer: ")
    assert said in str(caught.value)
    assert not fake.asked


def test_what_a_schema_refers_to_is_never_fetched() -> None:
    with pytest.raises(InputError, match=r"JSON schema of an answer: http://127\.0\.0\.1:9/s cannot be found in it"):
        complete(Fake(RUTH), {"$ref": "http://127.0.0.1:9/s"})
    assert complete(Fake(RUTH), {"$ref": "#/$defs/a", "$defs": {"a": SCHEMA}}).text == RUTH


def test_a_prompt_that_grows_too_long_by_asking_again_concerns_this_question_alone() -> None:
    with pytest.raises(AnswerError, match=r"the answer holds no JSON \(and it could not be asked again: too long\)"):
        complete(Fake("Ruth does.", ProviderError("too long")))
    with pytest.raises(ProviderError, match="too long"):
        complete(Fake(ProviderError("too long")))


def test_an_answer_that_is_nested_too_deeply_is_none() -> None:
    schema = {"type": "array", "items": {"$ref": "#"}}
    for depth in (1, 300, 500, 800):
        try:
            assert complete(Fake(*["[" * depth + "]" * depth] * 3), schema).text.count("[") == depth
        except AnswerError as error:
            assert "its JSON is nested too deeply" in str(error)  # noqa: PT017  (how deep is too deep, Python decides)
            return
    pytest.fail("no depth was too much")


def test_a_mock_that_refuses_says_no_json() -> None:
    with pytest.raises(AnswerError, match="no JSON by the schema in 3 attempts: the answer holds no JSON"):
        asyncio.run(structured.complete(open_model("mock/refuse", context_window=None), REQUEST))
