"""What every provider behind HTTP owes, whichever it is: against a server that we did not write, and one that fails."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from loopback import Server, dropped, hanging, reply, serve

from locomo.errors import ProviderError
from locomo.llm import (
    AnswerError,
    Client,
    Message,
    Outcome,
    Request,
    RequestCache,
    Response,
    TransientError,
    open_model,
)

PLANTED = "sk-planted-3f9c51"
MESSAGES = (Message("system", "Be brief."), Message("user", "Who keeps bees?"))


@dataclass(frozen=True)
class Service:
    """One provider's ways: how it is found, and the shapes of what its servers say."""

    model: str
    key: str
    address: str
    base: str
    answer: Callable[[str | None, str], object]
    error: Callable[[int, str], object]
    reasons: tuple[str, str]
    """How it says that an answer ended by itself, and that it was cut."""
    sent: Callable[[dict], tuple]
    """System text, turns, limit, stop sequences, temperature, as they stand in its requests."""
    dialect: str

    @property
    def module(self) -> str:
        return f"locomo.llm.providers.{self.model.partition('/')[0].replace('-', '_')}"


def _openai(text: str | None, reason: str) -> object:
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": text}}
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 2,
        "total_tokens": 11,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m-1", "choices": [choice], "usage": usage}


def _anthropic(text: str | None, reason: str) -> object:
    usage = {"input_tokens": 3, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2, "output_tokens": 2}
    content = [] if text is None else [{"type": "text", "text": text}]
    message = {"id": "1", "type": "message", "role": "assistant", "model": "m-1", "stop_sequence": None}
    return message | {"content": content, "stop_reason": reason, "usage": usage}


def _gemini(text: str | None, reason: str) -> object:
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 2, "cachedContentTokenCount": 4, "totalTokenCount": 11}
    content = {"role": "model"} | ({} if text is None else {"parts": [{"text": text}]})
    candidate = {"index": 0, "finishReason": reason, "content": content}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-1"}


def _gemini_sent(body: dict) -> tuple:
    config = body["generationConfig"]
    system = body["systemInstruction"]["parts"][0]["text"]
    turns = [(turn["role"], turn["parts"][0]["text"]) for turn in body["contents"]]
    return system, turns, config["maxOutputTokens"], config["stopSequences"], config["temperature"]


OPENAI = Service(
    model="openai/gpt-x",
    key="OPENAI_API_KEY",
    address="OPENAI_BASE_URL",
    base="/v1",
    answer=_openai,
    error=lambda status, message: {"error": {"message": message, "type": "t", "code": None}},
    reasons=("stop", "length"),
    sent=lambda body: (
        body["messages"][0]["content"],
        [(turn["role"], turn["content"]) for turn in body["messages"][1:]],
        body["max_tokens"],
        body["stop"],
        body["temperature"],
    ),
    dialect="openai",
)
ANTHROPIC = Service(
    model="anthropic/claude-x",
    key="ANTHROPIC_API_KEY",
    address="ANTHROPIC_BASE_URL",
    base="",
    answer=_anthropic,
    error=lambda status, message: {"type": "error", "error": {"type": "t", "message": message}},
    reasons=("end_turn", "max_tokens"),
    sent=lambda body: (
        body["system"],
        [(turn["role"], turn["content"]) for turn in body["messages"]],
        body["max_tokens"],
        body["stop_sequences"],
        body["temperature"],
    ),
    dialect="anthropic",
)
GOOGLE = Service(
    model="google/gemini-x",
    key="GOOGLE_API_KEY",
    address="GOOGLE_API_ENDPOINT",
    base="",
    answer=_gemini,
    error=lambda status, message: {"error": {"code": status, "message": message, "status": "S"}},
    reasons=("STOP", "MAX_TOKENS"),
    sent=_gemini_sent,
    dialect="gemini",
)
GENAI = replace(GOOGLE, model="google-genai/gemini-x", address="GOOGLE_GEMINI_BASE_URL")


@pytest.fixture(params=[OPENAI, ANTHROPIC, GOOGLE, GENAI], ids=lambda service: service.model.partition("/")[0])
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
        (401, f"the key was refused (401); check {service.key}"),
        (403, f"the key was refused (403); check {service.key}"),
        (404, f"knows no such model; check its name and {service.address}"),
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
    assert complete(service) == Response("Ruth", "m-1", 9, 2, cached_tokens=4, finish_reason="stop")


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
    monkeypatch.setattr(f"{service.module}.TIMEOUT", 0.3)
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
    assert str(error_of(service, TransientError)) == "HTTP 502"


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
