"""What a server that speaks OpenAI's chat completions may answer, over a real connection on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from loopback import Server, dropped, reply, serve

from locomo.errors import ProviderError
from locomo.llm import AnswerError, Message, Request, Response, TransientError, open_model

REQUEST = Request("openai", "gpt-x", (Message("system", "Be brief."), Message("user", "Who?")), 8, stop=("\n",), seed=7)
CHOICE = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Ruth"}}
USAGE = {
    "prompt_tokens": 50,
    "completion_tokens": 2,
    "total_tokens": 52,
    "prompt_tokens_details": {"cached_tokens": 30},
}
ANSWER = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-x-2024", "choices": [CHOICE]}
TOO_LONG = "This model's maximum context length is 4097 tokens.\nYou sent 5000."


def refusal(status: int, message: str = "", code: str | None = None, **headers: str) -> Callable:
    return reply(status, {"error": {"message": message, "code": code}}, **headers)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{running.address}/v1")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test\n")
        yield running


def complete() -> Response:
    async def main() -> Response:
        model = open_model("openai/gpt-x", context_window=None)
        try:
            return await model.complete(REQUEST)
        finally:
            await model.close()

    return asyncio.run(main())


def test_the_answer_and_its_usage_are_read(server: Server) -> None:
    server.reply = reply(200, ANSWER | {"usage": USAGE})
    assert complete() == Response("Ruth", "gpt-x-2024", 50, 2, cached_tokens=30, finish_reason="stop")


def test_the_whole_request_is_sent(server: Server) -> None:
    server.reply = reply(200, ANSWER | {"usage": USAGE})
    complete()
    assert server.path == "/v1/chat/completions"
    assert server.headers["Authorization"] == "Bearer sk-test"
    assert server.body == {
        "model": "gpt-x",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"}],
        "max_tokens": 8,
        "temperature": 0.0,
        "stop": ["\n"],
        "seed": 7,
    }


def test_a_server_that_reports_no_usage_still_answers(server: Server) -> None:
    server.reply = reply(200, ANSWER)
    assert complete() == Response("Ruth", "gpt-x-2024", 0, 0, finish_reason="stop")


def test_half_of_a_character_at_the_end_is_not_kept(server: Server) -> None:
    server.reply = reply(200, ANSWER | {"choices": [CHOICE | {"message": {"content": "Ruth \ud83d"}}]})
    assert complete().text == "Ruth ?"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refusal(401, "Incorrect API key"), "the key was refused (401: Incorrect API key); check OPENAI_API_KEY"),
        (refusal(403, "Forbidden"), "the key was refused (403: Forbidden); check OPENAI_API_KEY"),
        (refusal(404, "No such model"), "/v1 knows no such model (No such model); check its name and OPENAI_BASE_URL"),
        (
            refusal(400, TOO_LONG, "context_length_exceeded"),
            "the prompt is too long; set a smaller context window "
            "(This model's maximum context length is 4097 tokens. You sent 5000.)",
        ),
        (reply(400, {"object": "error", "message": TOO_LONG}), "the prompt is too long; set a smaller context window"),
        (refusal(400, "Unsupported parameter:\n 'stop'"), "HTTP 400: Unsupported parameter: 'stop'"),
        (refusal(429, "Quota exceeded", "insufficient_quota"), "no credit is left (Quota exceeded); top up, or use"),
        (reply(200, b"<html>", Content_Type="text/html"), "/v1 does not answer with chat completions but with a web"),
    ],
)
def test_a_refusal_for_good_says_in_one_line_what_to_do(server: Server, answer: Callable, said: str) -> None:
    server.reply = answer
    with pytest.raises(ProviderError) as caught:
        complete()
    assert str(caught.value).startswith("model 'openai/gpt-x': ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "said", "retry_after"),
    [
        (refusal(429), "HTTP 429", None),
        (refusal(429, Retry_After="7"), "HTTP 429", 7.0),
        (refusal(429, Retry_After="0.25"), "HTTP 429", 0.25),
        (refusal(429, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT"), "HTTP 429", 0.0),
        (refusal(503, Retry_After="20"), "HTTP 503", 20.0),
        (refusal(408), "HTTP 408", None),
        (refusal(500), "HTTP 500", None),
        (reply(529, b"overloaded", Content_Type="text/plain"), "HTTP 529", None),
        (dropped, "Server disconnected", None),
        (reply(200, json.dumps(ANSWER).encode(), length=5000), "Response payload is not completed", None),
        (reply(200, json.dumps(ANSWER).encode()[:60]), "the answer cannot be read", None),
        (reply(200, b""), "the answer cannot be read", None),
        (refusal(200, "upstream failed"), "an error inside of a good answer: upstream failed", None),
    ],
)
def test_what_fails_for_now_can_be_tried_again(server: Server, answer: Callable, said: str, retry_after) -> None:
    server.reply = answer
    with pytest.raises(TransientError) as caught:
        complete()
    assert said in str(caught.value)
    assert caught.value.retry_after == retry_after


def test_a_server_that_is_not_there_can_be_tried_again(server: Server) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(TransientError, match=r"http://127\.0\.0\.1:\d+/v1: the connection is refused"):
        complete()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (reply(200, ANSWER | {"choices": [CHOICE | {"message": {"content": ""}}]}), "an empty answer"),
        (reply(200, ANSWER | {"choices": [CHOICE | {"message": {"content": " \n"}}]}), "an empty answer"),
        (reply(200, ANSWER | {"choices": [CHOICE | {"message": {"content": None}}]}), "an empty answer"),
        (reply(200, ANSWER | {"choices": [CHOICE | {"message": None}]}), "an empty answer"),
        (reply(200, ANSWER | {"choices": [CHOICE | {"finish_reason": "content_filter"}]}), "cut short by"),
        (refusal(400, "Filtered", "content_filter"), "refused by the provider's content filter"),
        (
            reply(200, ANSWER | {"choices": [CHOICE | {"message": {"content": None, "refusal": "I cannot."}}]}),
            "the model refused to answer",
        ),
    ],
)
def test_an_answer_that_is_none_concerns_this_request_alone(server: Server, answer: Callable, said: str) -> None:
    server.reply = answer
    with pytest.raises(AnswerError, match=said):
        complete()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "OPENAI_API_KEY is not set; export it"),
        (" ", "OPENAI_API_KEY is not set; export it"),
        ("sk-é", "OPENAI_API_KEY holds characters that no key has"),
        ("sk-secret\nX", "OPENAI_API_KEY holds characters that no key has"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_and_not_shown(monkeypatch, key: str | None, said: str) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(ProviderError, match=said) as caught:
        open_model("openai/gpt-x", context_window=None)
    assert "sk-" not in str(caught.value)


def test_an_address_that_cannot_be_one_is_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost:8000")
    with pytest.raises(ProviderError, match=r"OPENAI_BASE_URL is 'localhost:8000', expected one like http://"):
        complete()


@pytest.mark.parametrize(
    ("address", "said"), [(None, True), ("https://us.api.openai.com/v1", True), ("http://127.0.0.1:9/v1", False)]
)
def test_openai_alone_is_told_which_requests_share_a_beginning(monkeypatch, address: str | None, said: bool) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    if address:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    model = open_model("openai/gpt-x", context_window=None)

    def sent(text: str, shared: int) -> str | None:
        messages = (Message("system", "Be brief."), Message("user", text))
        return model.body(replace(REQUEST, messages=messages, shared_prefix=shared)).get("prompt_cache_key")

    assert sent("Ruth keeps bees. Who?", 0) is None
    keys = [sent("Ruth keeps bees. Who?", 16), sent("Ruth keeps bees. Why?", 16), sent("Ivo keeps bees. Who?", 16)]
    if not said:
        assert keys == [None] * 3
    else:
        assert keys[0] == keys[1] != keys[2]
        assert all(len(key) <= 64 for key in keys)


def test_what_is_written_to_the_cache_is_read(server: Server) -> None:
    details = {"cached_tokens": 30, "cache_write_tokens": 12}
    server.reply = reply(200, ANSWER | {"usage": USAGE | {"prompt_tokens_details": details}})
    assert (complete().cached_tokens, complete().cache_write_tokens) == (30, 12)
