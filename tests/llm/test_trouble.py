"""Trouble is told by what a server says, in its own words, with a cure; and what it refuses is learned once."""

from __future__ import annotations

import asyncio
import importlib
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from loopback import Server, in_turn, reply, serve
from services import ANTHROPIC, GENAI, OPENAI, SERVICES, Service

from locomo.errors import IncompleteError, ProviderError
from locomo.llm import (
    AnswerError,
    Client,
    Message,
    Outcome,
    Request,
    RequestCache,
    TransientError,
    addressed,
    open_model,
)
from locomo.llm.provider import Provider

MESSAGES = (Message("user", "Who keeps bees?"),)
LOGIN = b"<!doctype html><html><head><title>Sign in - ACME</title></head><body><form></form></body></html>"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve() as running:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-77")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{running.address}/v1")
        running.asked = []
        yield running


def run(name: str, cache: Path, *texts: str, model: Provider | None = None, **fields: object) -> list[Outcome]:
    opened = model or open_model(name, context_window=None)

    async def main() -> list[Outcome]:
        asked = [
            Request(**addressed(opened), messages=(Message("user", text),), max_tokens=32, **fields) for text in texts
        ]
        try:
            return await Client(opened, RequestCache(cache)).ask_all(asked, lambda: None)
        finally:
            await opened.close()

    return asyncio.run(main())


def error(name: str, kind: type[Exception]) -> str:
    async def main() -> None:
        model = open_model(name, context_window=None)
        try:
            await model.complete(Request(**addressed(model), messages=MESSAGES, max_tokens=8))
        finally:
            await model.close()

    with pytest.raises(kind) as caught:
        asyncio.run(main())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def failing(status: int, body: object, **headers: str) -> Callable:
    send = reply(status, body, **headers)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.server.asked.append(handler.server.body)
        send(handler)

    return answer


def says(status: int, message: str, **more: object) -> Callable:
    return failing(status, {"error": {"message": message} | more})


# What a server says.


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(403, "Country, region, or territory not supported"), "access was refused (403: Country, region, or terr"),
        (says(403, "Project has no access to model x"), "access was refused (403: Project has no access to model x)"),
        (says(404, "x does not exist or you do not have access"), "no such model (x does not exist or you do not have"),
        (says(429, "You exceeded it", type="insufficient_quota"), "no credit is left (You exceeded it); top up"),
        (says(402, "Insufficient credits"), "no credit is left (Insufficient credits); top up"),
        (says(500, "request exceeds the available context size"), "the prompt is too long; set a smaller context win"),
        (says(500, "x", type="exceed_context_size_error"), "the prompt is too long; set a smaller context window (x)"),
        (failing(200, {"error": {"message": "Insufficient credits", "code": 402}}), "no credit is left (Insufficient"),
        (failing(200, {"error": {"message": "No auth credentials", "code": 401}}), "the key was refused (401: No auth"),
        (
            failing(200, LOGIN, Content_Type="text/html"),
            "answers with a web page, 'Sign in - ACME', on which to log in",
        ),
        (failing(200, LOGIN), "answers with a web page, 'Sign in - ACME', on which to log in; check OPENAI_BASE_URL"),
        (
            failing(503, LOGIN, Content_Type="text/html"),
            "answers with a web page, 'Sign in - ACME', on which to log in",
        ),
        (failing(400, {"detail": [{"loc": ["body", "n"], "msg": "must be 1"}]}), "HTTP 400: n: must be 1"),
        (failing(400, {"error": "model is loading badly"}), "HTTP 400: model is loading badly"),
    ],
)
def test_what_is_for_good_is_told_in_the_servers_words_and_sent_once(server: Server, tmp_path, answer, said) -> None:
    server.reply = answer
    with pytest.raises(ProviderError) as caught:
        run("openai/x", tmp_path / "cache", "a", "b", "c", seed=1)
    assert said in str(caught.value)
    assert len(server.asked) <= 3


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(429, "Limit 30000 TPM, used 29000"), "HTTP 429: Limit 30000 TPM, used 29000"),
        (says(503, "the model is overloaded"), "HTTP 503: the model is overloaded"),
        (failing(200, {"error": {"message": "upstream timed out", "code": 504}}), "HTTP 504: upstream timed out"),
        (failing(200, OPENAI.answer("Ruth", "error")), "the model's server failed in its answer"),
    ],
)
def test_what_is_for_now_keeps_the_words_too(server: Server, answer: Callable, said: str) -> None:
    server.reply = answer
    assert said in error("openai/x", TransientError)


def test_an_answer_that_ended_in_an_error_is_asked_again_and_was_billed(server: Server, tmp_path: Path, waits) -> None:
    server.reply = in_turn(reply(200, OPENAI.answer("Ru", "error")), reply(200, OPENAI.answer("Ruth", "stop")))
    (outcome,) = run("openai/x", tmp_path / "cache", "a")
    assert outcome.response is not None
    assert outcome.response.text == "Ruth"


@pytest.mark.parametrize("name", ["house-7b", "gpt-4p-mini"])
def test_a_hint_is_given_only_if_it_is_near(server: Server, name: str) -> None:
    server.reply = says(404, "no such model")
    hint = "did you mean 'openai/gpt-4o-mini'?"
    assert (hint in error(f"openai/{name}", ProviderError)) == (name == "gpt-4p-mini")
    assert ("did you mean" in error(f"openai/{name}", ProviderError)) == (name == "gpt-4p-mini")


# Quotas and unreachable servers.


def test_a_daily_quota_ends_the_run_at_once(server: Server, tmp_path: Path) -> None:
    server.reply = failing(429, {"error": {"message": "Daily limit reached"}}, Retry_After="7200")
    began = time.monotonic()
    with pytest.raises(IncompleteError, match=r"takes nothing more for 2\.0 hours \(HTTP 429: Daily limit reached\)"):
        run("openai/x", tmp_path / "cache", *map(str, range(200)))
    assert time.monotonic() - began < 10
    assert len(server.asked) <= 16  # those that were in flight together


@pytest.mark.parametrize(
    ("address", "proxy", "said"),
    [
        ("http://127.0.0.1:9/v1", None, "the connection is refused; is the server running there?"),
        ("http://nobody.invalid/v1", None, "the name nobody.invalid cannot be resolved (DNS)"),
        ("http://nobody.invalid/v1", "http://me:planted-pw@127.0.0.1:9", "the proxy of HTTP_PROXY, 127.0.0.1:9"),
    ],
)
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.model.partition("/")[0])
def test_a_server_that_cannot_be_reached_is_told_by_its_cause(
    service: Service, monkeypatch, tmp_path, caplog, address: str, proxy: str | None, said: str
) -> None:
    if service is GENAI:
        pytest.importorskip("google.genai")
    monkeypatch.setattr("locomo.llm.contact.GIVE_UP", 5.0)
    importlib.import_module(service.library)  # which takes its time, too
    monkeypatch.setenv(service.key, "sk-planted-77")
    monkeypatch.setenv(service.address, address if service.base else address.removesuffix("/v1"))
    if proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy)
    began = time.monotonic()
    with pytest.raises(IncompleteError) as caught:
        run(service.model, tmp_path / "cache", "a", "b")
    assert time.monotonic() - began < 15
    assert said in str(caught.value)
    assert "no call has been answered" in str(caught.value)
    first = caplog.messages[0]
    assert said in first
    assert "trying again for 5 s at most" in first
    assert "planted" not in caplog.text + str(caught.value)


def test_a_server_without_tls_is_told(server: Server, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setattr("locomo.llm.contact.GIVE_UP", 0.0)
    monkeypatch.setenv("OPENAI_BASE_URL", server.address.replace("http://", "https://") + "/v1")
    with pytest.raises(IncompleteError, match="TLS fails"):
        run("openai/x", tmp_path / "cache", "a")


# Parameters that a server refuses, and thinking.


def picky(*refused: str, words: str = "Unsupported parameter: '{}' is not supported with this model.") -> Callable:
    """A server that refuses parameters, one after the other."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = handler.server.body
        handler.server.asked.append(body)
        for name in refused:
            if name in body:
                reply(400, {"error": {"message": words.format(name), "param": name}})(handler)
                return
        reply(200, OPENAI.answer("Ruth\nor Ivo", "stop"))(handler)

    return answer


@pytest.mark.parametrize("refused", ["max_tokens", "stop", "seed", "temperature"])
def test_a_parameter_that_is_refused_is_left_out_and_said_once(server: Server, tmp_path, caplog, refused: str) -> None:
    server.reply = picky(refused)
    fields = {"stop": ("\n",), "seed": 3}
    outcomes = run("openai/x", tmp_path / "cache", *map(str, range(30)), **fields)
    assert {outcome.response and outcome.response.text for outcome in outcomes} <= {"Ruth", "Ruth\nor Ivo"}
    if refused == "stop":
        assert outcomes[0].response is not None
        assert outcomes[0].response.text == "Ruth"
    if refused == "max_tokens":
        assert server.asked[-1]["max_completion_tokens"] == 32
    assert len(server.asked) <= 30 + 16
    (said,) = caplog.messages
    entry = f"models: {{openai/x: {{refuses: [{refused}]}}}}"
    assert entry in said
    # With the entry nothing is refused, and the requests are the same: they are answered by the cache.
    Path("models.yaml").write_text(entry)
    asked = len(server.asked)
    again = run("openai/x", tmp_path / "cache", *map(str, range(30)), **fields)
    assert [outcome.response for outcome in again] == [outcome.response for outcome in outcomes]
    assert len(server.asked) == asked
    run("openai/x", tmp_path / "cache", "new", **fields)
    assert len(server.asked) == asked + 1


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]},
        {"error": {"message": "property 'seed' is unsupported", "type": "invalid_request_error"}},
        {"message": "Unknown field seed"},
    ],
)
def test_a_refusal_is_understood_in_every_form(server: Server, tmp_path: Path, body: dict) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        found = reply(422, body) if "seed" in handler.server.body else reply(200, OPENAI.answer("Ruth", "stop"))
        found(handler)

    server.reply = answer
    (outcome,) = run("openai/x", tmp_path / "cache", "a", seed=3)
    assert outcome.response is not None


def test_what_cannot_be_left_out_ends_the_run_with_the_words(server: Server, tmp_path: Path) -> None:
    server.reply = picky("max_tokens", "max_completion_tokens")
    with pytest.raises(ProviderError, match="HTTP 400: Unsupported parameter: 'max_completion_tokens'"):
        run("openai/x", tmp_path / "cache", "a")


@pytest.mark.parametrize("form", ["tags", "cut at a stop sequence", "field", "hidden"])
def test_a_model_that_turns_out_to_think_gets_room_and_is_asked_again(
    server: Server, tmp_path: Path, caplog, waits, form: str
) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = handler.server.body
        handler.server.asked.append(body)
        roomy, stopped = body["max_tokens"] > 1000, "stop" in body
        found = OPENAI.answer(None, "length")
        (choice,), usage = found["choices"], found["usage"]
        message = choice["message"]
        if form == "hidden":
            usage["completion_tokens_details"] = {"reasoning_tokens": 32}
            message["content"] = "Ruth" if roomy else ""
        elif form == "field":
            message |= {"reasoning_content": "Who?", "content": "\n\nRuth\n" if roomy else None}
        elif stopped and form != "tags":
            message["content"], choice["finish_reason"] = "<think>", "stop"
        else:
            message["content"] = "<think>\nWho?\n</think>\n\nRuth\n" if roomy else "<think>\nWho?"
        if roomy:
            choice["finish_reason"] = "stop"
        reply(200, found)(handler)

    server.reply = answer
    outcomes = run("openai/x", tmp_path / "cache", "a", "b", stop=("\n",))
    assert [outcome.response and outcome.response.text for outcome in outcomes] == ["Ruth", "Ruth"]
    (said,) = [message for message in caplog.messages if "models.yaml" in message]
    assert "models: {openai/x: {thinking: true}}" in said
    Path("models.yaml").write_text("models: {openai/x: {thinking: true}}")
    asked = len(server.asked)
    run("openai/x", tmp_path / "cache", "a", "c", stop=("\n",))
    assert len(server.asked) == asked + 1  # "a" is still known


def test_known_thinkers_get_room_at_once_and_the_key_of_before() -> None:
    model = open_model("openai/gpt-5-mini", context_window=2048, to_ask=False)
    asked = Request(**addressed(model), messages=MESSAGES, max_tokens=32)
    assert model.body(asked)["max_completion_tokens"] == 32 + 8192
    assert asked.key == Request("openai", "gpt-5-mini", MESSAGES, 32).key
    assert model.capabilities.context_window == 2048
    told = open_model("openai/gpt-5-mini", context_window=None, effort="low", thinking_tokens=0, to_ask=False)
    less = Request(**addressed(told), messages=MESSAGES, max_tokens=32)
    assert (told.body(less)["max_completion_tokens"], told.body(less)["reasoning_effort"]) == (32, "low")
    assert less.key != asked.key


def test_thinking_that_took_all_its_room_says_what_to_raise(server: Server) -> None:
    Path("models.yaml").write_text("models: {openai/x: {thinking_tokens: 100}}")
    server.reply = failing(200, OPENAI.answer("<think>Who", "length"))
    assert "raise answer.thinking_tokens, or thinking_tokens of the model" in error("openai/x", AnswerError)
    assert server.asked[0]["max_tokens"] == 108


def test_anthropic_is_told_how_much_to_think(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ANTHROPIC.key, "x")
    model = open_model("anthropic/claude-x", context_window=None, thinking_tokens=2000, effort="high")
    body = model.body(Request(**addressed(model), messages=MESSAGES, max_tokens=32, stop=("a",)))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 2000}
    assert (body["max_tokens"], body["output_config"]) == (2032, {"effort": "high"})
    assert "temperature" not in body
    assert "stop_sequences" not in body


def test_gemini_is_told_how_much_to_think(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("google.genai")
    with serve() as running:
        monkeypatch.setenv(GENAI.key, "x")
        monkeypatch.setenv(GENAI.address, running.address)
        running.reply = reply(200, GENAI.answer("Ruth\nor Ivo", "STOP"))
        model = open_model("google-genai/gemini-2.5-flash", context_window=None, thinking_tokens=500)
        (outcome,) = run("", tmp_path / "cache", "a", model=model, stop=("\n",))
    config = running.body["generationConfig"]
    assert config["maxOutputTokens"] == 532
    assert config["thinkingConfig"] == {"thinking_budget": 500}  # JSON of protocol buffers may have either spelling
    assert "stopSequences" not in json.dumps(config)
    assert outcome.response is not None
    assert outcome.response.text == "Ruth"


def test_a_model_that_cannot_be_told_says_so() -> None:
    with pytest.raises(ProviderError, match=r"answer\.effort: found low; mock/… models are not told how much to think"):
        open_model("mock/words", context_window=None, effort="low")
