"""What every provider behind HTTP owes, whichever it is: against a server that we did not write, and one that fails."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Server, dropped, hanging, in_turn, reply, serve
from services import ANTHROPIC, GENAI, OPENAI, SCHEMA, SERVICES, Service

from locomo.errors import ProviderError
from locomo.llm import (
    AnswerError,
    Client,
    Limits,
    Message,
    Outcome,
    Request,
    RequestCache,
    Response,
    TransientError,
    open_model,
    structured,
)

PLANTED = "sk-planted-3f9c51"
MESSAGES = (Message("system", "Be brief."), Message("user", "Who keeps bees?"))


@pytest.fixture(params=SERVICES, ids=lambda service: service.model.partition("/")[0])
def service(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Service:
    service: Service = request.param
    if service is GENAI:
        pytest.importorskip("google.genai")
    monkeypatch.setenv(service.key, PLANTED)
    return service


@pytest.fixture
def server(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve() as running:
        monkeypatch.setenv(service.address, running.address + service.base)
        yield running


@pytest.fixture
def mock(service: Service, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """The `llmock` server, which knows the real services' shapes and statuses."""
    pytest.importorskip("llmock")
    llmock = request.getfixturevalue("llmock")
    monkeypatch.setenv(service.address, llmock.base_url(service.dialect))
    monkeypatch.setenv(service.key, PLANTED)
    return llmock


def ask(service: Service, text: str | None = None, **fields: object) -> Request:
    provider, _, model = service.model.partition("/")
    messages = MESSAGES if text is None else (Message("user", text),)
    return Request(provider, model, messages, fields.pop("max_tokens", 64), **fields)


def complete(service: Service, request: Request | None = None) -> Response:
    async def main() -> Response:
        model = open_model(service.model, context_window=None)
        try:
            return await model.complete(request or ask(service))
        finally:
            await model.close()

    return asyncio.run(main())


def error_of(service: Service, kind: type[Exception] | tuple[type[Exception], ...]) -> Exception:
    with pytest.raises(kind) as caught:
        complete(service)
    assert "\n" not in str(caught.value)
    assert PLANTED not in "".join(traceback.format_exception(caught.value))
    return caught.value


def complete_by_schema(service: Service, request: Request | None = None) -> Response:
    async def main() -> Response:
        model = open_model(service.model, context_window=None)
        try:
            return await structured.complete(model, request or ask(service, schema=SCHEMA, stop=("\n",)))
        finally:
            await model.close()

    return asyncio.run(main())


@pytest.fixture
def holding(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The model is one that can be held to a JSON schema."""
    (tmp_path / "models.yaml").write_text(f"models:\n  {service.model}: {{json_schema: true}}\n")
    monkeypatch.chdir(tmp_path)


# Against llmock.


def test_an_answer_comes_with_its_usage(service: Service, mock) -> None:
    mock.reply("Ruth keeps bees – and 蜂蜜 🐝.")
    answer = complete(service)
    assert answer.text == "Ruth keeps bees – and 蜂蜜 🐝."
    assert answer.model == service.model.partition("/")[2]
    assert answer.finish_reason == "stop"
    assert answer.input_tokens > 0
    assert answer.output_tokens > 0


def test_a_question_in_any_script_arrives(service: Service, mock) -> None:
    text = 'Où est « Ivo » ? 🛶 日本語 \u200d\t"quoted"'
    complete(service, ask(service, text))
    assert json.dumps(text, ensure_ascii=False)[1:-1] in json.dumps(mock.last_request.body, ensure_ascii=False)


def test_one_call_is_one_request_even_when_it_fails(service: Service, mock) -> None:
    for status in (429, 500, 503, 529):
        mock.reset().fail(status)
        error_of(service, TransientError)
        assert len(mock.requests) == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 529])
def test_what_fails_for_now_can_be_tried_again(service: Service, mock, status: int) -> None:
    mock.fail(status)
    assert f"HTTP {status}" in str(error_of(service, TransientError))


@pytest.mark.parametrize(("status", "seconds"), [(429, 7), (503, 3)])
def test_the_wait_that_is_asked_for_is_passed_on(service: Service, mock, status: int, seconds: int) -> None:
    mock.fail(status, retry_after=seconds)
    error = error_of(service, TransientError)
    assert isinstance(error, TransientError)
    assert error.retry_after == seconds


def test_a_refusal_for_good_says_what_to_do(service: Service, mock) -> None:
    for status, cure in [
        (401, f"); check {service.key}"),
        (403, service.key),
        (404, f"); check its name and {service.address}"),
        (400, "HTTP 400: "),
        (422, "HTTP 422: "),
    ]:
        mock.reset().fail(status, times=None)  # google's library asks again after a 401
        error = str(error_of(service, ProviderError))
        assert error.startswith(f"model '{service.model}': ")
        assert cure in error


def test_a_prompt_that_is_too_long_is_said_to_be(service: Service, mock) -> None:
    mock.context_overflow()
    assert "the prompt is too long; set a smaller context window (" in str(error_of(service, ProviderError))


def test_an_empty_answer_concerns_this_question_alone(service: Service, mock) -> None:
    mock.reply("")
    assert str(error_of(service, AnswerError)) == "the model gave an empty answer"


def test_a_cancelled_call_ends_at_once(service: Service, mock) -> None:
    mock.delay(4)

    async def main() -> None:
        model = open_model(service.model, context_window=None)
        call = asyncio.create_task(model.complete(ask(service)))
        await asyncio.sleep(0.3)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await model.close()

    began = time.monotonic()
    asyncio.run(main())
    assert time.monotonic() - began < 3


def test_the_key_is_nowhere(service: Service, mock, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd) -> None:
    caplog.set_level("DEBUG")
    model = open_model(service.model, context_window=None)

    async def main() -> list[Outcome]:
        try:
            return await Client(model, RequestCache(tmp_path)).ask_all([ask(service)], lambda: None)
        finally:
            await model.close()

    (outcome,) = asyncio.run(main())
    assert outcome.response
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    printed = "".join(capfd.readouterr())
    for place in (kept.decode(errors="replace"), repr(outcome), repr(vars(model)), caplog.text, printed):
        assert PLANTED not in place


# Against a server of ours, for what llmock cannot do.


def test_the_whole_request_is_sent(service: Service, server: Server) -> None:
    server.reply = reply(200, service.answer("Ruth", service.reasons[0]))
    complete(service, ask(service, stop=("###",), temperature=0.5, max_tokens=8))
    assert service.sent(server.body) == ("Be brief.", [("user", "Who keeps bees?")], 8, ["###"], 0.5)
    assert PLANTED in str(server.headers)
    assert PLANTED not in server.path


def test_cached_tokens_are_part_of_the_prompt(service: Service, server: Server) -> None:
    server.reply = reply(200, service.answer("Ruth", service.reasons[0]))
    assert complete(service) == Response(
        "Ruth", "m-1", 9, 2, cached_tokens=4, cache_write_tokens=service.cache_writes, finish_reason="stop"
    )


def test_an_answer_that_was_cut_says_so(service: Service, server: Server) -> None:
    server.reply = reply(200, service.answer("Ruth and", service.reasons[1]))
    assert complete(service).finish_reason == "length"


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_an_answer_without_words_is_none(service: Service, server: Server, text: str | None) -> None:
    server.reply = reply(200, service.answer(text, service.reasons[0]))
    assert str(error_of(service, AnswerError)) == "the model gave an empty answer"
    server.reply = reply(200, service.answer(text, service.reasons[1]))
    assert "all of max_tokens went into what is not shown" in str(error_of(service, AnswerError))


@pytest.mark.parametrize("fault", ["dropped", "truncated", "malformed", "nothing"])
def test_a_broken_answer_can_be_tried_again(service: Service, server: Server, fault: str) -> None:
    whole = json.dumps(service.answer("Ruth", service.reasons[0])).encode()
    server.reply = {
        "dropped": dropped,
        "truncated": reply(200, whole, length=len(whole) + 100),
        "malformed": reply(200, whole[:60]),
        "nothing": reply(200, b""),
    }[fault]
    assert server.address in str(error_of(service, TransientError))


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"Ruth"', b"<html>", b"\xff\xfe", b'{"choices": 7}'])
def test_an_answer_of_another_kind_is_an_error(service: Service, server: Server, body: bytes) -> None:
    for kind in ("application/json", "text/html"):
        server.reply = reply(200, body, Content_Type=kind)
        assert server.address in str(error_of(service, (TransientError, ProviderError)))


def test_a_server_that_hangs_can_be_tried_again(service: Service, server: Server, monkeypatch) -> None:
    monkeypatch.setattr(service.timeout, 0.3)
    over = threading.Event()
    server.reply = hanging(over)
    began = time.monotonic()
    try:
        assert server.address in str(error_of(service, TransientError))
    finally:
        over.set()
    assert time.monotonic() - began < 5


def test_a_server_that_is_not_there_can_be_tried_again(service: Service, server: Server) -> None:
    server.shutdown()
    server.server_close()
    assert server.address in str(error_of(service, TransientError))


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_a_key_that_the_server_repeats_is_not_shown(service: Service, server: Server, status: int) -> None:
    server.reply = reply(status, service.error(status, f"Incorrect key: {PLANTED}\nprovided"))
    error_of(service, TransientError if status in (429, 500) else ProviderError)


def test_an_error_page_is_an_error(service: Service, server: Server) -> None:
    server.reply = reply(502, b"<html>bad gateway</html>", Content_Type="text/html")
    assert str(error_of(service, TransientError)) == "HTTP 502: a web page, 'bad gateway'"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "is not set; export it"),
        (" ", "is not set; export it"),
        (f"{PLANTED}\nX", "holds characters that no key"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused(service: Service, monkeypatch, value: str | None, said: str) -> None:
    monkeypatch.delenv(service.key)
    if value:
        monkeypatch.setenv(service.key, value)
    assert f"{service.key} {said}" in str(error_of(service, ProviderError))


def test_an_address_that_cannot_be_one_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(service.address, "localhost:8000")
    assert f"{service.address} is 'localhost:8000', expected one like http://" in str(error_of(service, ProviderError))


# Waits and limits.


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry_After": "Fri, 31 Dec 1999 23:59:59 GMT"}, 0.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"Retry_After": "0.25"}, 0.25),
        ({}, None),
    ],
)
def test_the_wait_is_understood_in_every_form(service: Service, server: Server, headers: dict, seconds) -> None:
    server.reply = reply(429, service.error(429, "slow down"), **headers)
    error = error_of(service, TransientError)
    assert isinstance(error, TransientError)
    assert error.retry_after == seconds
    assert error.rate_limited


@pytest.mark.parametrize("status", [200, 429])
def test_limits_are_read_from_every_answer(service: Service, server: Server, status: int) -> None:
    headers, limits = service.limits or ({}, None)
    said = {name.replace("-", "_"): value for name, value in headers.items()}
    answer = service.answer("Ruth", service.reasons[0]) if status == 200 else service.error(status, "slow down")
    server.reply = in_turn(reply(status, answer, **said), reply(200, service.answer("Ruth", service.reasons[0])))

    async def main() -> list[Limits | None]:
        model = open_model(service.model, context_window=None)
        known = [model.limits]
        for _ in range(2):
            with contextlib.suppress(TransientError):
                await model.complete(ask(service))
            known.append(model.limits)
        await model.close()
        return known

    assert asyncio.run(main()) == [None, limits, limits]
    assert open_model(service.model, context_window=None).limits is None, "another model's limits are its own"


# Answers by a schema.


def test_a_model_is_held_to_a_schema(service: Service, server: Server, holding) -> None:
    server.reply = reply(200, service.answer('{"turns": [],\n "answer": "Ruth"}', service.reasons[0]))
    assert complete_by_schema(service).text == '{"answer":"Ruth","turns":[]}'
    assert service.schema(server.body) == SCHEMA
    assert "JSON" not in json.dumps(server.body["messages" if "messages" in server.body else "contents"])
    assert "stop" not in json.dumps(server.body).lower(), "a stop sequence would cut the JSON"


def test_a_held_answer_that_was_cut_says_what_to_raise(service: Service, server: Server, holding) -> None:
    server.reply = in_turn(reply(200, service.answer('{"answer": "Ru', service.reasons[1])))
    with pytest.raises(AnswerError, match="the answer was cut by max_tokens before its JSON ended; raise it"):
        complete_by_schema(service)


def test_a_model_that_cannot_be_held_is_told_and_asked_again(service: Service, server: Server) -> None:
    words = ("Ruth does.", '{"answer": 7, "turns": []}', '```json\n{"answer": "Ruth", "turns": ["D1:3"]}\n```')
    server.reply = in_turn(*[reply(200, service.answer(text, service.reasons[0])) for text in words])
    answer = complete_by_schema(service)
    assert answer.text == '{"answer":"Ruth","turns":["D1:3"]}'
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (27, 6, 12)
    last = json.dumps(server.body)
    assert "the answer holds no JSON" in last
    assert "7 is not of type" in last
    with pytest.raises(KeyError):
        service.schema(server.body)


def test_a_schema_that_the_service_cannot_be_told_is_asked_for_in_words(
    service: Service, server: Server, holding
) -> None:
    counts = {"type": "object", "additionalProperties": {"type": "integer"}}
    schema = counts if service is not OPENAI else {"type": "array", "items": {"type": "integer"}}
    server.reply = reply(200, service.answer('{"bees": 3}' if schema is counts else "[3]", service.reasons[0]))
    assert "3" in complete_by_schema(service, ask(service, schema=schema)).text
    if service is GENAI:  # which takes JSON schema as it is
        assert service.schema(server.body) == schema
        return
    assert "by this JSON schema" in json.dumps(server.body)
    with pytest.raises(KeyError):
        service.schema(server.body)


# What requests of a run begin with alike.


@pytest.mark.parametrize(
    ("context", "question"),
    [("", "Who?"), ("Short. ", "Who?"), *[("Ruth keeps bees. " * 400, question) for question in ("Who?", " \n", "")]],
    ids=lambda text: f"{len(text)}",
)
def test_a_shared_beginning_changes_no_word_of_what_is_sent(
    service: Service, server: Server, context: str, question: str
) -> None:
    server.reply = reply(200, service.answer("Ruth", service.reasons[0]))
    complete(service, ask(service, context + question))
    plain = server.body
    complete(service, ask(service, context + question, shared_prefix=len(context)))
    hinted = server.body
    if service is ANTHROPIC and len(context) > 4096:
        blocks = hinted["messages"][-1]["content"]
        assert all(block["text"].strip() for block in blocks)
        assert [block.get("cache_control") for block in blocks] == [{"type": "ephemeral"}, None][: len(blocks)]
        if question.strip():
            assert blocks[0]["text"] == context
        hinted["messages"][-1]["content"] = "".join(block["text"] for block in blocks)
    assert hinted == plain
