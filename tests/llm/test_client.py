"""Asking many things at once: one flight a request, retries that disturb nobody, and every answer kept."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from locomo.errors import InputError, ProviderError
from locomo.llm import (
    AnswerError,
    BudgetError,
    Capabilities,
    Client,
    Limits,
    LlmSettings,
    Message,
    MissingError,
    Outcome,
    Price,
    Request,
    RequestCache,
    Response,
    Spending,
    TransientError,
)
from locomo.llm.cache import Refusal
from locomo.llm.retry import ATTEMPTS


class Scripted:
    """A provider that does as a test says, and notes what it was asked and how much at once."""

    name = "scripted"
    model = "m"
    revision = None
    capabilities = Capabilities(context_window=100)
    limits = None

    def __init__(self, script: Callable[[str], Awaitable[str]], concurrency: int = 4) -> None:
        self.script = script
        self.concurrency = concurrency
        self.calls: list[str] = []
        self.busy = self.peak = 0

    def count_tokens(self, text: str) -> int:
        return len(text)

    async def complete(self, request: Request) -> Response:
        text = request.messages[0].content
        self.calls.append(text)
        self.busy += 1
        self.peak = max(self.peak, self.busy)
        try:
            return Response(await self.script(text), "m", input_tokens=10, output_tokens=2)
        finally:
            self.busy -= 1

    async def close(self) -> None:
        """Nothing is held open."""


async def echo(text: str) -> str:
    await asyncio.sleep(0)
    return text.upper()


def ask(text: str, **fields: object) -> Request:
    return Request("scripted", "m", (Message("user", text),), 8, **fields)


def ask_all(client: Client, *texts: str) -> list[Outcome]:
    return asyncio.run(client.ask_all([ask(text) for text in texts], lambda: None))


def texts(outcomes: list[Outcome]) -> list[str | None]:
    return [outcome.response and outcome.response.text for outcome in outcomes]


@pytest.fixture
def cache(tmp_path: Path) -> RequestCache:
    return RequestCache(tmp_path)


@pytest.fixture
def waits(waits: list[float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits: the clock jumps instead."""
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(waits))
    return waits


def test_outcomes_come_in_the_order_of_the_requests(cache: RequestCache) -> None:
    async def main() -> list[Outcome]:
        later = asyncio.Event()

        async def last_first(text: str) -> str:
            if text == "a":
                await later.wait()
            elif text == "c":
                later.set()
            return text

        done: list[int] = []
        client = Client(Scripted(last_first), cache)
        outcomes = await client.ask_all([ask("a"), ask("b"), ask("c")], lambda: done.append(1))
        assert len(done) == 3
        return outcomes

    assert texts(asyncio.run(main())) == ["a", "b", "c"]


def test_so_do_those_of_more_than_wait_at_once(cache: RequestCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locomo.llm.client.AT_ONCE", 3)
    model = Scripted(echo, concurrency=2)
    many = [f"question {n}" for n in range(20)]
    assert texts(ask_all(Client(model, cache), *many)) == [text.upper() for text in many]
    assert model.calls == many


def test_no_more_are_in_flight_than_the_provider_serves(cache: RequestCache) -> None:
    provider = Scripted(echo, concurrency=3)
    ask_all(Client(provider, cache), *map(str, range(12)))
    assert provider.peak == 3


def test_identical_requests_in_flight_are_sent_once(cache: RequestCache) -> None:
    provider = Scripted(echo)
    client = Client(provider, cache)
    assert texts(ask_all(client, "a", "a", "b", "a")) == ["A", "A", "B", "A"]
    assert sorted(provider.calls) == ["a", "b"]
    assert (client.tally.requests, client.tally.hits) == (4, 2)
    assert (client.tally.input_tokens, client.tally.output_tokens) == (20, 4)


def test_deliberate_repetitions_are_all_sent(cache: RequestCache) -> None:
    provider = Scripted(echo)
    requests = [ask("a"), ask("a", repeat=1), ask("a", repeat=2)]
    asyncio.run(Client(provider, cache).ask_all(requests, lambda: None))
    assert provider.calls == ["a", "a", "a"]


def test_what_is_in_the_cache_is_never_sent(cache: RequestCache) -> None:
    ask_all(Client(Scripted(echo), cache), "a", "b")
    provider = Scripted(echo)
    client = Client(provider, cache)
    assert texts(ask_all(client, "a", "b", "c")) == ["A", "B", "C"]
    assert provider.calls == ["c"]
    assert (client.tally.requests, client.tally.hits, client.tally.input_tokens) == (3, 2, 10)


def test_a_client_can_be_used_again(cache: RequestCache) -> None:
    client = Client(Scripted(echo, concurrency=1), cache)
    assert texts(ask_all(client, "a", "b", "c")) == ["A", "B", "C"]
    assert texts(ask_all(client, "d", "e", "f")) == ["D", "E", "F"]


def test_works_ask_as_their_answers_come_and_are_done_at_once(cache: RequestCache) -> None:
    provider = Scripted(echo)
    client = Client(provider, cache)

    async def work(name: str) -> str:
        first = await client.ask(ask(name))
        second = await client.ask(ask(f"{name} after {first.response.text}"))
        return second.response.text

    assert asyncio.run(client.run([work("a"), work("b")])) == ["A AFTER A", "B AFTER B"]
    assert asyncio.run(client.run([work("a"), work("b")])) == ["A AFTER A", "B AFTER B"]
    assert len(provider.calls) == 4


def test_a_work_that_fails_ends_all_and_what_was_in_flight_is_kept(cache: RequestCache) -> None:
    async def slow(text: str) -> str:
        await asyncio.sleep(0.2)
        return text

    provider = Scripted(slow)
    client = Client(provider, cache)

    async def work(name: str) -> None:
        for number in range(3):
            await client.ask(ask(f"{name}{number}"))

    async def failing_work() -> None:
        await asyncio.sleep(0.1)
        raise InputError("it cannot be done")

    with pytest.raises(InputError, match="it cannot be done"):
        asyncio.run(client.run([work("a"), failing_work()]))
    assert provider.calls == ["a0"]
    assert len(cache) == 1


def failing(times: int, error: Exception) -> Callable[[str], Awaitable[str]]:
    left = [times]

    async def script(text: str) -> str:
        if left[0]:
            left[0] -= 1
            raise error
        return text.upper()

    return script


def test_what_fails_for_now_is_tried_again_after_a_growing_wait(cache: RequestCache, waits: list[float]) -> None:
    client = Client(Scripted(failing(4, TransientError("HTTP 503"))), cache)
    assert texts(ask_all(client, "a")) == ["A"]
    assert [0.5 * 2**n <= wait <= 0.5 * 2**n + 1 for n, wait in enumerate(waits)] == [True] * 4
    assert client.tally.retries == {"HTTP 503": 4}
    assert (client.tally.errors, len(cache)) == (0, 1)


def test_the_wait_that_the_provider_asks_for_is_honoured(cache: RequestCache, waits: list[float]) -> None:
    ask_all(Client(Scripted(failing(1, TransientError("HTTP 429", retry_after=90))), cache), "a")
    assert waits == [90]
    waits.clear()
    ask_all(Client(Scripted(failing(1, TransientError("HTTP 429", retry_after=0))), cache), "b")
    assert 0.5 <= waits[0] <= 1.5


def test_who_waits_holds_no_slot(cache: RequestCache, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> list[Outcome]:
        answered = asyncio.Event()

        async def until_b_is_answered(_: float) -> None:
            await asyncio.wait_for(answered.wait(), timeout=5)

        monkeypatch.setattr(asyncio, "sleep", until_b_is_answered)

        async def script(text: str) -> str:
            if text == "b":
                answered.set()
            elif not answered.is_set():
                raise TransientError("HTTP 429")
            return text

        return await Client(Scripted(script, concurrency=1), cache).ask_all([ask("a"), ask("b")], lambda: None)

    assert texts(asyncio.run(main())) == ["a", "b"]


def test_what_keeps_failing_is_told_apart_and_a_refusal_is_remembered(cache: RequestCache, waits: list[float]) -> None:
    async def script(text: str) -> str:
        if text == "busy":
            raise TransientError("HTTP 503")
        if text == "empty":
            raise AnswerError("the model gave an empty answer")
        return text

    provider = Scripted(script)
    client = Client(provider, cache)
    busy, empty, good = ask_all(client, "busy", "empty", "good")
    assert (busy.response, busy.error, busy.transient) == (None, "HTTP 503", True)
    assert (empty.response, empty.error, empty.transient) == (None, "the model gave an empty answer", False)
    assert (good.error, good.transient) == (None, False)
    assert (provider.calls.count("busy"), provider.calls.count("empty"), len(waits)) == (ATTEMPTS, 1, ATTEMPTS - 1)
    assert (client.tally.errors, client.tally.failures) == (2, {"the model gave an empty answer": 1})
    assert (cache.find(ask("busy")), cache.find(ask("empty"))) == (None, Refusal("the model gave an empty answer"))

    again = Client(provider, cache)
    assert ask_all(again, "empty")[0].error == "the model gave an empty answer"
    assert (provider.calls.count("empty"), again.tally.hits, again.tally.rounds) == (1, 1, [(1, 1)])


def test_a_refusal_for_good_stops_all_and_keeps_what_was_answered(
    cache: RequestCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("locomo.llm.client.GRACE", 0.05)

    async def main() -> list[str]:
        cancelled: list[str] = []
        answered = asyncio.Event()

        async def script(text: str) -> str:
            if text == "good":
                return text
            if text == "bad key":
                await answered.wait()
                raise ProviderError("the key was refused")
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.append(text)
                raise
            return text

        provider = Scripted(script, concurrency=3)
        requests = [ask(text) for text in ("good", "bad key", "endless", "endless too", "queued")]
        with pytest.raises(ProviderError, match="the key was refused"):
            await Client(provider, cache).ask_all(requests, answered.set)
        assert "queued" not in provider.calls
        return cancelled

    assert sorted(asyncio.run(main())) == ["endless", "endless too"]
    assert cache.get(ask("good")).text == "good"
    assert len(cache) == 1


def test_a_refusal_for_good_is_not_tried_again(cache: RequestCache, waits: list[float]) -> None:
    provider = Scripted(failing(1, ProviderError("the key was refused")))
    with pytest.raises(ProviderError):
        ask_all(Client(provider, cache), "a")
    assert (provider.calls, waits) == (["a"], [])


def test_what_was_in_flight_at_a_refusal_for_good_is_waited_for_and_kept(cache: RequestCache) -> None:
    async def main() -> None:
        refused = asyncio.Event()

        async def script(text: str) -> str:
            if text == "bad":
                refused.set()
                raise ProviderError("the prompt is too long")
            await refused.wait()
            await asyncio.sleep(0.1)
            return text

        with pytest.raises(ProviderError, match="too long"):
            await Client(Scripted(script), cache).ask_all([ask("paid"), ask("bad")], lambda: None)

    asyncio.run(main())
    assert cache.get(ask("paid")).text == "paid"


def test_settings_bound_what_is_in_flight(cache: RequestCache) -> None:
    provider = Scripted(echo, concurrency=8)
    ask_all(Client(provider, cache, LlmSettings(concurrency=2)), *map(str, range(12)))
    assert provider.peak == 2


def test_two_runs_at_once_pay_once(cache: RequestCache, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "locomo")
    asking = threading.Event()

    async def slow(text: str) -> str:
        asking.set()
        await asyncio.sleep(0.2)
        return text

    first, second = Scripted(slow), Scripted(slow)
    found: list[list[Outcome]] = []
    run = threading.Thread(target=lambda: found.append(ask_all(Client(first, cache), "a", "b", "c")))
    run.start()
    asking.wait(5)
    other = RequestCache(cache.folder)
    found.append(ask_all(Client(second, other), "c", "b", "a", "d"))
    run.join()
    assert [sorted(filter(None, texts(outcomes))) for outcomes in found] == [list("abc"), list("abcd")]
    assert second.calls == ["d"]
    said = [record.getMessage() for record in caplog.records if record.name.startswith("locomo")]
    assert said == ["another run is asking scripted/m: waiting for it, to take over its answers"]


# What requests share.


def shared(text: str) -> Request:
    return ask(text, shared_prefix=4)


def test_the_first_of_those_that_share_a_prefix_goes_ahead(cache: RequestCache) -> None:
    finished: list[str] = []

    async def script(text: str) -> str:
        if not text.endswith("0"):
            assert f"{text[:4]}0" in finished
        await asyncio.sleep(0.02)
        finished.append(text)
        return text

    requests = [shared(f"{prefix}{number}") for prefix in ("aaaa", "bbbb") for number in range(4)]
    provider = Scripted(script, concurrency=8)
    asyncio.run(Client(provider, cache).ask_all(requests, lambda: None))
    assert sorted(provider.calls[:2]) == ["aaaa0", "bbbb0"]
    assert provider.peak == 6


def test_a_provider_that_keeps_the_last_prompt_alone_is_asked_in_order(cache: RequestCache) -> None:
    async def script(text: str) -> str:
        await asyncio.sleep(0.01)
        return text

    provider = Scripted(script, concurrency=1)
    provider.keeps_last_prompt = True  # type: ignore[attr-defined]
    requests = [shared("aaaa0"), ask("without"), shared("aaaa1"), shared("bbbb0"), shared("aaaa2"), ask("last")]
    asyncio.run(Client(provider, cache).ask_all(requests, lambda: None))
    assert provider.calls == [request.messages[-1].content for request in requests]


def test_others_do_not_wait_for_the_retries_of_the_first(cache: RequestCache, waits: list[float]) -> None:
    async def script(text: str) -> str:
        if text == "aaaa0" and "aaaa1" not in provider.calls:
            raise TransientError("HTTP 503")
        return text

    provider = Scripted(script)
    requests = [shared("aaaa0"), shared("aaaa1")]
    outcomes = asyncio.run(Client(provider, cache).ask_all(requests, lambda: None))
    assert texts(outcomes) == ["aaaa0", "aaaa1"]


def test_the_hint_is_no_part_of_the_key() -> None:
    assert shared("aaaa0").key == ask("aaaa0").key
    assert shared("aaaa0").fields() == ask("aaaa0").fields()


# Limits.


def test_after_some_refusals_in_a_row_everybody_waits(cache: RequestCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("locomo.llm.retry._backoff", lambda state: 0.0)
    open_again = time.monotonic() + 0.5

    async def script(text: str) -> str:
        if (left := open_again - time.monotonic()) > 0:
            raise TransientError("HTTP 429", retry_after=left + 0.05, rate_limited=True)
        return text

    provider = Scripted(script, concurrency=1)
    words = [str(number) for number in range(60)]
    assert texts(ask_all(Client(provider, cache), *words)) == words
    assert len(provider.calls) <= 60 + 4


def test_limits_that_the_provider_tells_are_kept(cache: RequestCache, waits: list[float]) -> None:
    provider = Scripted(echo, concurrency=1)
    provider.limits = Limits(requests=60)
    ask_all(Client(provider, cache), *"abcdefghij")
    assert 8 <= sum(waits) <= 10


# Money.

DOLLAR_A_CALL = Price(input=0, output=500_000)
"""A scripted answer has two tokens."""


def spending(budget: float, path: Path, run: str = "1") -> Spending:
    return Spending(DOLLAR_A_CALL, budget=budget, journal=path / "calls.jsonl", run=run)


def cheap(text: str) -> Request:
    return Request("scripted", "m", (Message("user", text),), 2)


def ask_cheap(client: Client, number: int) -> list[Outcome]:
    return asyncio.run(client.ask_all([cheap(str(i)) for i in range(number)], lambda: None))


@pytest.mark.parametrize("concurrency", [1, 16])
def test_a_budget_is_reached_and_not_crossed(cache: RequestCache, tmp_path: Path, concurrency: int) -> None:
    async def slow(text: str) -> str:
        await asyncio.sleep(0.01)
        return text

    provider = Scripted(slow, concurrency=concurrency)
    client = Client(provider, cache, spending=spending(5.5, tmp_path))
    with pytest.raises(BudgetError, match=r"can cost \$1.0000, and of llm.budget_usd = \$5.50 \$5.0000 are spent"):
        ask_cheap(client, 20)
    assert (len(provider.calls), len(cache), client.spending.usd) == (5, 5, 5.0)


def test_a_budget_holds_across_the_stages_of_a_run_and_starts_anew_with_the_next(
    cache: RequestCache, tmp_path: Path
) -> None:
    ask_cheap(Client(Scripted(echo), cache, spending=spending(4, tmp_path)), 3)
    second = Scripted(echo)
    with pytest.raises(BudgetError):
        ask_cheap(Client(second, cache, spending=spending(4, tmp_path)), 6)
    assert len(second.calls) == 1
    third = Scripted(echo)
    ask_cheap(Client(third, cache, spending=spending(4, tmp_path, run="2")), 6)
    assert len(third.calls) == 2


def test_failed_calls_cost_nothing(cache: RequestCache, tmp_path: Path, waits: list[float]) -> None:
    client = Client(Scripted(failing(3, TransientError("HTTP 500"))), cache, spending=spending(1, tmp_path))
    ask_cheap(client, 1)
    assert client.spending.usd == 1


def test_a_budget_without_a_price_is_refused() -> None:
    with pytest.raises(InputError, match=r"no price is known for openai/x.*prices\.yaml"):
        Spending(None, budget=1).check("openai/x")
    Spending(None).check("openai/x")


def test_the_journal_has_a_line_for_each_paid_call(cache: RequestCache, tmp_path: Path) -> None:
    client = Client(Scripted(echo), cache, spending=spending(9, tmp_path))
    ask_cheap(client, 2)
    ask_cheap(client, 3)
    lines = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert [line["request"] for line in lines] == [cheap(str(i)).key for i in range(3)]
    assert {(line["model"], line["usd"], line["input_tokens"], line["output_tokens"]) for line in lines} == {
        ("scripted/m", 1.0, 10, 2)
    }


# Offline.


def test_offline_answers_come_from_the_cache(cache: RequestCache) -> None:
    ask_all(Client(Scripted(echo), cache), "a", "b")
    provider = Scripted(echo)
    assert texts(ask_all(Client(provider, cache, LlmSettings(offline=True)), "b", "a")) == ["B", "A"]
    assert provider.calls == []


def test_offline_all_that_is_missing_is_named(cache: RequestCache) -> None:
    ask_all(Client(Scripted(echo), cache), "a")
    provider = Scripted(echo)
    with pytest.raises(MissingError, match="2 requests have no answer in the cache: 1-") as caught:
        ask_all(Client(provider, cache, LlmSettings(offline=True)), "a", "b", "c", "b")
    assert caught.value.missing == [ask("b"), ask("c")]
    assert provider.calls == []
