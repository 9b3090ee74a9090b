"""Batches: every question submitted once, whatever happens, and its answer the same as without a batch."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from batch_server import Handler, Server, dropped, failing, serve_batches
from conftest import ROOT

from locomo.errors import IncompleteError, InputError, ProviderError
from locomo.llm import (
    AnswerError,
    BudgetError,
    Client,
    LlmSettings,
    Message,
    Outcome,
    Price,
    Request,
    RequestCache,
    Response,
    Spending,
    TransientError,
    open_model,
)
from locomo.llm.batch import BatchLimits
from locomo.llm.batch_run import answer_in_batches
from locomo.llm.cache import Refusal
from locomo.llm.contact import GIVE_UP

MODELS = ["openai/gpt-x", "anthropic/claude-x"]


@pytest.fixture(params=MODELS, ids=["openai", "anthropic"])
def model(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-3f9c51")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-planted-3f9c51")
    return request.param


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with serve_batches() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{running.address}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.address)
        yield running


def ask(model: str, text: str, **fields: object) -> Request:
    provider, _, name = model.partition("/")
    return Request(provider, name, (Message("user", text),), 8, **fields)


class Run:
    """One run of a user: a cache, a folder for notes, and what was handed over."""

    def __init__(self, folder: Path) -> None:
        self.notes = folder / "batches"
        self.cache = RequestCache(folder / "cache")
        self.done: dict[str, Response | Exception] = {}
        self.calls = 0

    def texts(self) -> dict[str, object]:
        return {key: getattr(value, "text", value) for key, value in self.done.items()}

    def answer(self, model: str, *texts: str, requests: list[Request] | None = None, **more: object) -> Run:
        asyncio.run(self.answering(model, *texts, requests=requests, **more))
        return self

    async def answering(
        self, model: str, *texts: str, requests: list[Request] | None = None, poll_seconds: float = 0.01, **more: object
    ) -> None:
        async def store(request: Request, answer: Response | AnswerError) -> None:
            self.cache.put(request, Refusal.of(answer) if isinstance(answer, AnswerError) else answer)

        def on_done(request: Request, answer: Response | Exception) -> None:
            self.calls += 1
            self.done[request.messages[-1].content] = answer

        provider = open_model(model, context_window=None)
        all_requests = requests or [ask(model, text) for text in texts]
        missing = [request for request in all_requests if self.cache.find(request) is None]
        try:
            await answer_in_batches(
                provider,
                missing,
                store=store,
                folder=self.notes,
                on_done=on_done,
                poll_seconds=poll_seconds,
                **more,
            )
        finally:
            await provider.close()

    def noted(self) -> list[dict]:
        return [json.loads(path.read_text()) for path in self.notes.glob("*.json")]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


# Against llmock.


@pytest.fixture
def mock(model: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """The `llmock` server, with batches that take a third of a second."""
    pytest.importorskip("llmock")
    from llmock.routers import batch

    llmock = request.getfixturevalue("llmock")
    monkeypatch.setattr(batch, "_BATCH_DELAY", 0.3)
    return llmock


def made(mock) -> list:
    return [each for each in mock.requests if each.method == "POST" and each.path.endswith("/batches")]


def test_a_batch_gives_the_answers_of_single_calls(model: str, mock, run: Run, tmp_path: Path) -> None:
    requests = [ask(model, text, stop=("###",), temperature=0.5) for text in ("Who keeps bees?", "Où est « Ivo » ? 🛶")]
    run.answer(model, requests=requests)
    single = Client(open_model(model, context_window=None), RequestCache(tmp_path / "single"))
    outcomes = asyncio.run(single.ask_all(requests, lambda: None))
    assert [run.cache.get(request) for request in requests] == [outcome.response for outcome in outcomes]
    assert len(made(mock)) == 1
    assert run.noted() == []


def test_a_busy_service_is_asked_again_and_each_question_handed_in_once(model: str, mock, run: Run, waits) -> None:
    mock.rate_limit(times=2, retry_after=90)
    run.answer(model, "a", "b")
    assert sorted(map(str, run.texts())) == ["a", "b"]
    assert all(isinstance(answer, Response) for answer in run.done.values())
    assert waits.count(90) == 2
    assert len([each for each in made(mock) if each.status == 200]) == 1


SCRIPT = """
import asyncio, sys
from pathlib import Path
from test_batch import Run
Run(Path(sys.argv[1])).answer(sys.argv[2], *"abc")
"""


def start(model: str, folder: Path) -> subprocess.Popen:
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "llm")])
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder), model], env={**os.environ, "PYTHONPATH": path})


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


def killed(process: subprocess.Popen) -> None:
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def test_a_run_that_is_killed_while_it_waits_goes_on(model: str, mock, run: Run, monkeypatch, tmp_path: Path) -> None:
    from llmock.routers import batch

    monkeypatch.setattr(batch, "_BATCH_DELAY", 3600.0)
    process = start(model, tmp_path)
    until(lambda: any(note["batch"] for note in run.noted()))
    killed(process)
    monkeypatch.setattr(batch, "_BATCH_DELAY", 0.1)
    for under_way in batch._batches.values():
        under_way["ready_at"] = time.time()
    run.answer(model, "a", "b", "c", "d")
    assert all(isinstance(run.done[text], Response) for text in "abcd")
    assert [len(json.dumps(each.body)) > 0 for each in made(mock)] == [True, True]  # the second holds only "d"
    assert run.noted() == []


# Against a server of ours, for what llmock cannot do.


def test_answers_come_in_any_order_and_other_scripts(model: str, server: Server, run: Run) -> None:
    server.script.reverse = True
    run.answer(model, "a", "ß\u2028蜂蜜 🐝", "c")
    assert run.texts() == {"a": "A", "ß\u2028蜂蜜 🐝": "SS\u2028蜂蜜 🐝", "c": "C"}
    assert run.cache.get(ask(model, "a")) == Response("A", "m-1", 9, 2, finish_reason="stop")


def test_equal_requests_are_handed_in_and_handed_over_once(model: str, server: Server, run: Run) -> None:
    run.answer(model, "a", "b", "a")
    assert server.handed_in == ["a", "b"]
    assert run.calls == 2


def test_nothing_to_ask_is_nothing_sent(model: str, server: Server, run: Run) -> None:
    run.answer(model)
    assert server.calls == []


def test_what_is_sent_is_what_a_single_call_sends(model: str, server: Server, run: Run) -> None:
    request = ask(model, "a", stop=("###",), temperature=0.5)
    run.answer(model, requests=[request])
    (batch,) = server.batches.values()
    (item,) = batch.items
    assert item["body"] == open_model(model, context_window=None).body(request)
    assert item["id"] == request.key.removeprefix("1-")
    assert len(item["id"]) == 64


@pytest.mark.parametrize("limit", ["requests", "bytes"])
def test_more_than_fits_goes_into_several_batches(model: str, server: Server, run: Run, monkeypatch, limit) -> None:
    service = open_model(model, context_window=None).batch_service()
    limits = {"requests": 100, "bytes": 10**6, limit: 2 if limit == "requests" else 2 * service.size(ask(model, "a"))}
    monkeypatch.setattr(type(service), "limits", BatchLimits(**limits))
    run.answer(model, *"abcde")
    assert run.texts() == {text: text.upper() for text in "abcde"}
    assert sorted(server.handed_in) == list("abcde")
    assert [len(batch.items) for batch in server.batches.values()] == [2, 2, 1]


def test_each_failure_is_told_apart_and_only_refusals_are_remembered(model: str, server: Server, run: Run) -> None:
    outcomes = {"bad": 400, "busy": 529, "late": "expired!", "empty": " ", "gone": None}
    server.script.answer = lambda prompt: outcomes.get(prompt, prompt.upper())
    run.answer(model, "a", *outcomes)
    kinds = {text: type(answer) for text, answer in run.done.items()}
    assert kinds == {
        "a": Response,
        "bad": ProviderError,
        "busy": TransientError,
        "late": TransientError,
        "empty": AnswerError,
        "gone": TransientError,
    }
    assert "HTTP 400: no way" in str(run.done["bad"])
    assert run.cache.keys() == sorted([ask(model, "a").key, ask(model, "empty").key])
    server.script.answer = str.upper
    run.answer(model, "a", *outcomes)
    again = [text for text in outcomes if text != "empty"]
    assert server.handed_in == ["a", *outcomes, *again]  # what failed is submitted again, what is answered is not


def test_a_caller_that_raises_at_an_error_is_not_held_up_by_it_again(model: str, server: Server, run: Run) -> None:
    server.script.answer = lambda prompt: 401 if prompt == "a" else prompt.upper()

    async def main() -> None:
        async def store(request: Request, answer: Response | AnswerError) -> None:
            assert isinstance(answer, Response)
            run.cache.put(request, answer)

        def stop(request: Request, answer: Response | Exception) -> None:
            if isinstance(answer, ProviderError):
                raise answer

        provider = open_model(model, context_window=None)
        requests = [ask(model, "a"), ask(model, "b")]
        await answer_in_batches(provider, requests, store=store, folder=run.notes, on_done=stop, poll_seconds=0.01)

    with pytest.raises(ProviderError, match=r"the key was refused \(401: "):
        asyncio.run(main())
    assert run.cache.get(ask(model, "b"))
    server.script.answer = str.upper
    assert run.answer(model, "a", "b").texts() == {"a": "A"}
    assert server.handed_in == ["a", "b", "a"]


def test_a_run_that_dies_while_it_stores_reads_the_rest_again(
    model: str, server: Server, run: Run, monkeypatch
) -> None:
    put = run.cache.put

    def full_disk(request: Request, response: Response) -> None:
        if response.text == "B":
            raise OSError("no space left")
        put(request, response)

    monkeypatch.setattr(run.cache, "put", full_disk)
    with pytest.raises(OSError, match="no space left"):
        run.answer(model, *"abc")
    again = Run(run.notes.parent)  # the environment stays, and the cache on disk
    assert again.answer(model, *"abc").texts() == {"b": "B", "c": "C"}
    assert server.handed_in == ["a", "b", "c"]


@pytest.mark.parametrize("state", ["expired", "cancelled"])
def test_a_batch_that_ends_early_keeps_what_was_answered(model: str, server: Server, run: Run, state: str) -> None:
    server.script.state = state
    if "openai" in model:
        server.script.answer = lambda prompt: prompt.upper() if prompt == "a" else None
    run.answer(model, "a", "b")
    assert isinstance(run.done["b"], TransientError)
    assert ("expired" if state == "expired" else "was cancelled") in str(run.done["b"])
    assert run.noted() == []
    if "openai" in model:
        assert run.done["a"].text == "A"


def test_a_batch_that_is_refused_is_one_line(server: Server, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-3f9c51")
    server.script.state = "failed"
    with pytest.raises(ProviderError, match=r"^model 'openai/gpt-x': batch batch_0 was refused: the file is no good$"):
        run.answer("openai/gpt-x", "a")
    server.script.state = "ended"
    assert run.answer("openai/gpt-x", "a").texts() == {"a": "A"}


def test_more_than_may_wait_goes_in_smaller_batches(server: Server, run: Run, monkeypatch, waits) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted-3f9c51")
    server.script.queue = 3
    assert run.answer("openai/gpt-x", *"abcdefghi").texts() == {text: text.upper() for text in "abcdefghi"}
    accepted = [[item["prompt"] for item in batch.items] for batch in server.batches.values() if batch.state == "ended"]
    assert [len(prompts) for prompts in accepted] == [2, 2, 2, 2, 1]
    assert sorted(prompt for prompts in accepted for prompt in prompts) == list("abcdefghi")
    server.script.queue = 0
    run.answer("openai/gpt-x", "j")
    assert str(run.done["j"]) == "the file is no good"
    assert isinstance(run.done["j"], TransientError)
    assert run.noted() == []


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "the key was refused (401: no way); check "),
        (404, "has no batches; set llm.batch"),
        (400, "HTTP 400: no way"),
    ],
)
def test_a_refusal_when_it_is_handed_in_is_one_line(model: str, server: Server, run: Run, status, said) -> None:
    server.script.trouble = [("POST", failing(status))]
    with pytest.raises(ProviderError) as caught:
        run.answer(model, "a")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert run.noted() == []


# Through the client.


def ask_client(client: Client, requests: list[Request]) -> list[Outcome]:
    async def main() -> list[Outcome]:
        try:
            return await client.ask_all(requests, lambda: None)
        finally:
            await client.provider.close()

    return asyncio.run(main())


def test_the_client_asks_in_a_batch_at_half_the_price_what_is_not_stored(
    model: str, server: Server, tmp_path: Path
) -> None:
    requests = [ask(model, text) for text in ("a", "b", "c", "b")]
    with_batches = LlmSettings(batch=True)
    cache = RequestCache(tmp_path / "cache")
    cache.put(requests[0], Response("stored", "m", 1, 1))

    def client(settings: LlmSettings) -> Client:
        price = Price(input=1_000_000, output=0, batch=0.5)
        return Client(open_model(model, context_window=None), cache, settings, Spending(price))

    first = client(with_batches)
    outcomes = ask_client(first, requests)
    texts = [outcome.response.text for outcome in outcomes if outcome.response]
    assert texts[0] == "stored"
    assert texts[1] == texts[3] != texts[2]
    assert len(server.batches) == 1
    assert (first.tally.requests, first.tally.hits, first.tally.answered) == (4, 2, 2)
    assert first.spending.usd == 0.5 * first.tally.input_tokens > 0

    again = client(LlmSettings())
    assert [outcome.response for outcome in ask_client(again, requests)] == [outcome.response for outcome in outcomes]
    assert again.tally.hits == 4


def test_what_failed_in_a_batch_fails_as_single_calls_do(model: str, server: Server, tmp_path: Path) -> None:
    server.script.answer = lambda prompt: 400 if prompt == "refused" else "fine"
    asked = [ask(model, "good"), ask(model, "refused")]
    client = Client(open_model(model, context_window=None), RequestCache(tmp_path / "cache"), LlmSettings(batch=True))
    with pytest.raises(ProviderError, match="no way"):
        ask_client(client, asked)
    server.script.answer = lambda prompt: "expired!" if prompt == "refused" else "fine"
    good, expired = ask_client(client, asked)
    assert good.response
    assert expired.transient


def test_a_batch_that_can_cost_more_than_the_budget_is_not_handed_in(
    server: Server, model: str, tmp_path: Path
) -> None:
    spending = Spending(Price(input=1_000_000, output=0, batch=0.5), budget=5)
    provider = open_model(model, context_window=None)
    client = Client(provider, RequestCache(tmp_path / "cache"), LlmSettings(batch=True), spending)
    with pytest.raises(BudgetError, match="the next batch can cost"):
        ask_client(client, [ask(model, "a"), ask(model, "b")])
    assert server.batches == {}


def test_a_provider_without_batches_says_so(tmp_path: Path) -> None:
    with pytest.raises(ProviderError, match="model 'mock/words': this provider has no batches"):
        Run(tmp_path).answer("mock/words", "a")


def test_a_note_that_is_none_is_named(model: str, server: Server, run: Run) -> None:
    run.notes.mkdir()
    (run.notes / "x.json").write_text('{"provider": "openai"}')
    with pytest.raises(InputError, match=r"x\.json: model: Field required; expected a note on a batch"):
        run.answer(model, "a")


@pytest.mark.parametrize("part", ["GET /v1/{}batches/batch_0", "results"])
def test_trouble_while_waiting_and_reading_is_sat_out(
    model: str, server: Server, run: Run, waits: list[float], part: str
) -> None:
    server.script.polls_until_done = 3
    place = part.format("" if "openai" in model else "messages/")
    if part == "results":
        place = "batch_0-output" if "openai" in model else "batch_0/results"
    half = '{"custom_id": "x", "resu'
    server.script.trouble = [
        (place, dropped),
        (place, failing(503)),
        (place, failing(429, Retry_After="77")),
        (place, lambda handler: handler.send(200, half)),
    ]
    if part != "results":
        del server.script.trouble[-1]
    run.answer(model, "a", "b")
    assert run.texts() == {"a": "A", "b": "B"}
    assert server.handed_in == ["a", "b"]
    assert waits.count(77) == 1


def test_looks_are_further_and_further_apart(model: str, server: Server, run: Run, waits: list[float]) -> None:
    server.script.polls_until_done = 12
    run.answer(model, "a", poll_seconds=60)
    looks = [seconds for seconds in waits if seconds >= 2]
    assert looks[:3] == [2, 3, 4.5]
    assert looks[-1] == 60
    assert looks == sorted(looks)


def test_a_service_that_is_away_for_long_leaves_the_batch_for_later(model, server: Server, run: Run, waits) -> None:
    server.script.trouble = [("batches/batch_0", failing(503))] * 12
    run.answer(model, "a")
    assert isinstance(run.done["a"], TransientError)
    assert run.answer(model, "a").texts() == {"a": "A"}
    assert server.handed_in == ["a"]


def test_a_batch_whose_making_was_never_confirmed_is_found(model: str, server: Server, run: Run, waits) -> None:
    lost = iter([True])

    def lose_the_answer(handler: Handler) -> bool:
        handler.close_connection = next(lost, False)
        return handler.close_connection

    server.script.after_create = lose_the_answer
    assert run.answer(model, "a", "b").texts() == {"a": "A", "b": "B"}
    assert server.handed_in == ["a", "b"]


def test_an_older_batch_is_not_taken_for_ours(model: str, server: Server, run: Run, tmp_path: Path, waits) -> None:
    Run(tmp_path / "another").answer(model, "x", "y")
    server.script.trouble = [("POST", dropped)]
    assert run.answer(model, "a", "b").texts() == {"a": "A", "b": "B"}


def test_a_run_that_is_killed_between_making_a_batch_and_knowing_it_finds_it(
    model: str, server: Server, run: Run, tmp_path: Path
) -> None:
    server.script.after_create = lambda handler: time.sleep(60) or True
    process = start(model, tmp_path)
    until(lambda: server.batches)
    killed(process)
    server.script.after_create = lambda handler: False
    assert run.answer(model, *"abc").texts() == {"a": "A", "b": "B", "c": "C"}
    assert server.handed_in == ["a", "b", "c"]


def test_a_run_that_is_killed_before_a_batch_is_made_makes_it(model: str, server: Server, run: Run, tmp_path) -> None:
    server.script.trouble = [("POST", lambda handler: time.sleep(60))]
    process = start(model, tmp_path)
    until(lambda: server.calls)
    killed(process)
    assert run.answer(model, *"abc").texts() == {"a": "A", "b": "B", "c": "C"}
    assert server.handed_in == ["a", "b", "c"]
    assert run.noted() == []


def test_two_processes_hand_in_each_question_once(model: str, server: Server, run: Run, tmp_path: Path) -> None:
    server.script.polls_until_done = 40
    processes = [start(model, tmp_path) for _ in range(2)]
    until(lambda: server.batches)
    assert [process.wait(120) for process in processes] == [0, 0]
    assert server.handed_in == ["a", "b", "c"]
    assert all(run.cache.get(ask(model, text)) for text in "abc")
    assert run.noted() == []


def test_what_another_process_stored_meanwhile_is_not_handed_in(model: str, server: Server, run: Run) -> None:
    other = Response("from elsewhere", "m-1", 1, 1)
    run.answer(model, "a", "b", stored=lambda request: other if request == ask(model, "a") else None)
    assert run.texts() == {"a": "from elsewhere", "b": "B"}
    assert server.handed_in == ["b"]


def test_answers_that_this_run_does_not_want_are_there_for_the_one_that_does(model, server, run: Run, waits) -> None:
    server.script.trouble = [("batches/batch_0", failing(503))] * 12
    run.answer(model, *"abc")
    run.answer(model, "b")
    assert [len(note["keys"]) for note in run.noted()] == [2]
    assert run.answer(model, *"abc").texts() == {"a": "A", "b": "B", "c": "C"}
    assert server.handed_in == ["a", "b", "c"]
    assert run.noted() == []


def test_batches_of_another_model_or_server_are_left_alone(model, server: Server, run: Run, monkeypatch, waits) -> None:
    server.script.trouble = [("batches/batch_0", failing(503))] * 12
    run.answer(model, "a")
    (note,) = run.notes.glob("*.json")
    elsewhere = json.loads(note.read_text()) | {"address": "https://elsewhere.example/v1"}
    note.write_text(json.dumps(elsewhere))
    assert run.answer(model, "a").texts() == {"a": "A"}
    assert server.handed_in == ["a", "a"]
    assert [each["address"] for each in run.noted()] == ["https://elsewhere.example/v1"]


def test_a_batch_that_the_service_does_not_know_is_said_to_be(model: str, server: Server, run: Run, waits) -> None:
    server.script.trouble = [("batches/batch_0", failing(503))] * 12
    run.answer(model, "a")
    server.batches.clear()
    (note,) = run.notes.glob("*.json")
    with pytest.raises(ProviderError, match=rf"no results of batch batch_0; use the key .* or delete {note} to ask"):
        run.answer(model, "a")
    note.unlink()
    assert run.answer(model, "a").texts() == {"a": "A"}


def test_the_log_says_what_happens_and_never_the_key(model, server, run: Run, caplog, monkeypatch, waits) -> None:
    monkeypatch.setattr("locomo.llm.batch_run.SECONDS_BETWEEN_LINES", 0)
    caplog.set_level(logging.INFO, logger="locomo")
    server.script.polls_until_done = 2
    run.answer(model, "a", "b")
    lines = [record.getMessage() for record in caplog.records if record.name == "locomo"]
    assert lines[0].startswith(f"{model}: batch batch_0 of 2 requests is submitted; ")
    assert lines[-1].startswith(f"{model}: batch batch_0 has ended: 2 of 2 answered, ")
    assert "sk-planted" not in caplog.text
    assert all("sk-planted" not in path.read_text() for path in run.notes.glob("*.json"))


def test_a_server_that_cannot_be_reached_is_said_at_once_and_given_up_soon(
    model: str, run: Run, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    with pytest.raises(IncompleteError) as caught:
        run.answer(model, "a", "b")
    ended = time.time()
    cause = rf"model '{model}': http://127.0.0.1:9(/v1)?: the connection is refused; is the server running there\?"
    assert re.fullmatch(f"{cause}; no call has been answered: run again once it can be", str(caught.value))
    first = next(record for record in caplog.records if record.name == "locomo")
    assert re.fullmatch(f"{cause}; trying again for 20 s at most", first.getMessage())
    assert ended - first.created < GIVE_UP
    assert (run.done, run.noted()) == ({}, [])


def test_what_a_model_refuses_is_left_out_and_handed_in_again(
    model: str, server: Server, run: Run, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In several batches at once, of which the first teaches it."""
    service = open_model(model, context_window=None).batch_service()
    monkeypatch.setattr(type(service), "limits", BatchLimits(requests=2, bytes=10**9))
    server.script.refuses = lambda body: "temperature is not supported by this model" if "temperature" in body else None
    run.answer(model, requests=[ask(model, text, stop=("#",), temperature=0.5) for text in "abc"])
    assert run.texts() == {"a": "A", "b": "B", "c": "C"}
    assert sorted(server.handed_in) == sorted("abc" * 2)
    said = [record.getMessage() for record in caplog.records if "refuses" in record.getMessage()]
    assert len(said) == 1
    assert f"models: {{{model}: {{refuses: [temperature]}}}}" in said[0]
    assert run.noted() == []


def test_a_refusal_that_nothing_can_be_left_out_for_is_handed_over(model: str, server: Server, run: Run) -> None:
    server.script.refuses = lambda body: "temperature is not supported by this model"
    run.answer(model, "a")
    assert len(server.handed_in) == 2  # with it, and without
    assert "temperature is not supported" in str(run.done["a"])
    assert isinstance(run.done["a"], ProviderError)


def test_two_runs_that_read_one_batch_book_it_once(model: str, server: Server, tmp_path: Path) -> None:
    """Also what was filtered or empty; and both get all answers."""
    server.script.polls_until_done = 6
    server.script.answer = lambda prompt: " " if prompt == "empty" else prompt.upper()
    asked = [ask(model, text) for text in ("a", "b", "empty")]
    outcomes: list[list[Outcome]] = []

    def one() -> None:
        price = Price(input=1.0, output=1.0, batch=0.5)
        spending = Spending(price, journal=tmp_path / "calls.jsonl")
        cache = RequestCache(tmp_path / "cache")
        client = Client(open_model(model, context_window=None), cache, LlmSettings(batch=True), spending)
        outcomes.append(ask_client(client, asked))
        cache.close()

    runs = [threading.Thread(target=one) for _ in range(2)]
    for each in runs:
        each.start()
    for each in runs:
        each.join(120)
    assert server.handed_in == ["a", "b", "empty"]
    assert [[outcome.error for outcome in each] for each in outcomes] == [
        [None, None, "the model gave an empty answer"]
    ] * 2
    booked = [json.loads(line)["request"] for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert sorted(booked) == sorted(request.key for request in asked)
    assert [path.name for path in tmp_path.glob("*-batches/*")] == ["lock"]
