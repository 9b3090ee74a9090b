"""What a server bills and what calls.jsonl says: the same to the cent, whatever became of the calls."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import billing_server
import pytest
from billing_server import FAULTS, UNUSABLE, BillingServer, billing, picodollars, some

from locomo.llm import (
    BudgetError,
    Client,
    LlmSettings,
    Message,
    Outcome,
    Request,
    RequestCache,
    Spending,
    open_model,
    read_prices,
)
from locomo.llm.embedding import EmbeddingClient, open_embedding_model
from locomo.llm.in_flight import take_lost

pytestmark = pytest.mark.usefixtures("waits")
MODELS = ("openai/gpt-billed", "anthropic/claude-billed")
SCHEMA = {
    "type": "object",
    "properties": {"order": {"type": "array", "items": {"type": "integer"}}},
    "required": ["order"],
    "additionalProperties": False,
}
CONVERSATION = "Ruth keeps bees. Ivo plays the cello on Sundays. " * 40


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[BillingServer]:
    monkeypatch.chdir(tmp_path)
    Path("prices.yaml").write_text(billing_server.PRICES)
    with billing() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.address}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.address)
        monkeypatch.setenv("OPENAI_API_KEY", "planted")
        monkeypatch.setenv("ANTHROPIC_API_KEY", "planted")
        yield server


def spending(model: str, budget: float | None) -> Spending:
    price = read_prices().find(*model.split("/"))
    return Spending(price, budget=budget, journal=Path("calls.jsonl"), run="1")


def client(model: str, budget: float | None = None, **settings: object) -> Client:
    provider = open_model(model, context_window=None)
    return Client(provider, RequestCache(Path("answers")), LlmSettings(**settings), spending(model, budget))


def requests(model: str, number: int, **fields: object) -> list[Request]:
    provider, name = model.split("/")
    return [
        Request(provider, name, (Message("user", f"{CONVERSATION} Question {n}: who keeps bees?"),), 32, **fields)
        for n in range(number)
    ]


def ask(client: Client, asked: Sequence[Request]) -> list[Outcome]:
    async def main() -> list[Outcome]:
        try:
            return await client.ask_all(asked, lambda: None)
        finally:
            await client.provider.close()

    return asyncio.run(main())


def journal() -> list[dict]:
    path = Path("calls.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def booked(**having: object) -> float:
    return picodollars(sum(line["usd"] for line in journal() if having.items() <= line.items()))


@pytest.mark.parametrize("model", MODELS)
def test_the_bill_and_the_journal_agree_on_a_run_with_all_faults(server: BillingServer, model: str) -> None:
    server.fault = some(0.4)
    asking = client(model)
    outcomes = ask(asking, requests(model, 120))
    assert set(FAULTS) <= set(server.calls)  # all of them happened
    assert booked(reported=True) == pytest.approx(server.reported, abs=1e-9)
    assert server.usd <= booked() <= server.usd + 0.01
    assert asking.spending.usd == pytest.approx(booked())
    assert not [outcome for outcome in outcomes if outcome.transient]
    assert {line["usable"] for line in journal()} == {True, False}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("faults", [("filtered",), UNUSABLE, FAULTS])
def test_a_budget_is_not_crossed_by_what_cannot_be_used(
    server: BillingServer, model: str, faults: tuple[str, ...]
) -> None:
    server.fault = some(0.6, faults)
    with pytest.raises(BudgetError):
        ask(client(model, budget=0.02), requests(model, 120))
    assert 0.01 < server.usd <= booked() <= 0.02


def test_what_is_reserved_counts_writes_to_the_cache(server: BillingServer) -> None:
    model = MODELS[1]
    server.answer = lambda prompt: "bees " * 20  # the longest answer
    with pytest.raises(BudgetError):
        ask(client(model, budget=0.015), requests(model, 60, shared_prefix=len(CONVERSATION)))
    assert server.usd <= 0.015


def test_each_attempt_at_an_answer_by_a_schema_is_reserved_and_booked(server: BillingServer) -> None:
    model = MODELS[0]
    asking = client(model)
    outcomes = ask(asking, requests(model, 10, schema=SCHEMA))
    assert {outcome.error for outcome in outcomes} == {
        "no JSON by the schema in 3 attempts: the answer holds no JSON",
    }
    assert (len(journal()), server.calls["answered"]) == (30, 30)
    assert booked() == pytest.approx(server.usd, abs=1e-9)
    assert asking.tally.output_tokens == sum(line["output_tokens"] for line in journal())

    Path("calls.jsonl").unlink()
    server.usd = 0.0
    with pytest.raises(BudgetError):
        ask(client(model, budget=0.005), requests(model, 40, schema=SCHEMA, repeat=1))
    assert 0.003 < server.usd <= 0.005


def test_a_fault_amid_the_attempts_repeats_that_call_alone(server: BillingServer) -> None:
    server.answer = lambda prompt: "no JSON" if "That cannot be used" not in prompt else '{"order": [1]}'
    faults = iter([None, "503"])
    server.fault = lambda prompt: next(faults, None)
    (outcome,) = ask(client(MODELS[0]), requests(MODELS[0], 1, schema=SCHEMA))
    assert outcome.response
    assert outcome.response.text == '{"order":[1]}'
    assert server.calls == {"answered": 2, "503": 1}
    assert booked() == pytest.approx(server.usd, abs=1e-9)


@pytest.mark.parametrize("fault", UNUSABLE)
@pytest.mark.parametrize("model", MODELS)
def test_a_refusal_is_paid_once(server: BillingServer, model: str, fault: str) -> None:
    server.fault = lambda prompt: fault
    first = ask(client(model), requests(model, 3))
    server.fault = lambda prompt: None
    again = client(model)
    offline = client(model, offline=True)
    for asking in (again, offline):
        outcomes = ask(asking, requests(model, 3))
        assert [(each.error, each.transient) for each in outcomes] == [(each.error, False) for each in first]
        assert (asking.tally.hits, asking.tally.failures.total(), asking.tally.rounds) == (3, 3, [(3, 3)])
    assert sum(server.calls.values()) == len(journal()) == 3


def test_a_call_that_nobody_waits_for_any_more_is_booked(server: BillingServer) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def late(prompt: str) -> str:
        arrived.set()
        go_on.wait(10)
        return "late"

    async def main() -> None:
        task = asyncio.create_task(client(MODELS[0]).ask_all(requests(MODELS[0], 1), lambda: None))
        await asyncio.to_thread(arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    server.answer = late
    asyncio.run(main())
    go_on.set()
    (line,) = journal()
    assert (line["reported"], line["usable"]) == (False, False)
    assert 0 < line["usd"] < 0.01


def test_an_estimate_that_was_too_small_makes_later_ones_larger(server: BillingServer) -> None:
    model = MODELS[0]
    original = billing_server.tokens_of
    billing_server.tokens_of = lambda text: 2 * len(text)  # a tokenizer that nobody would expect
    try:
        with pytest.raises(BudgetError):
            ask(client(model, budget=0.1, concurrency=1), requests(model, 120))
    finally:
        billing_server.tokens_of = original
    assert 0.08 < server.usd <= 0.1


def test_embeddings_are_in_the_budget_and_in_the_journal(server: BillingServer) -> None:
    model = "openai/embed-billed"
    texts = [f"{CONVERSATION} {n}" for n in range(40)]

    def embed(budget: float | None) -> None:
        opened = open_embedding_model(model)
        opened.max_texts = 4
        asking = EmbeddingClient(opened, RequestCache(Path("answers")), spending=spending(model, budget))
        asyncio.run(asking.embed(texts))

    with pytest.raises(BudgetError, match="the next call can cost"):
        embed(0.01)
    assert 0 < server.usd <= booked() <= 0.01
    embed(1)
    assert len(journal()) == server.calls["embedded"] == 10
    assert booked() == pytest.approx(server.usd, abs=1e-9)


def test_vectors_that_are_paid_are_kept_as_the_budget_ends(
    server: BillingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are being stored while the next call is refused."""
    store = RequestCache.store

    async def slowly(*stored: object) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        await store(*stored)

    monkeypatch.setattr(RequestCache, "store", slowly)
    opened = open_embedding_model("openai/embed-billed")
    opened.max_texts = 4
    asking = EmbeddingClient(opened, RequestCache(Path("answers")), spending=spending("openai/embed-billed", 0.01))
    texts = [f"{CONVERSATION} {n}" for n in range(40)]
    with pytest.raises(BudgetError, match="the next call can cost"):
        asyncio.run(asking.embed(texts))
    kept = [text for text in texts if asking.cache.get(asking.request(text)) is not None]
    assert len(kept) == 4 * server.calls["embedded"] > 0


def test_two_models_of_one_run_share_its_budget(server: BillingServer) -> None:
    first, second = (client(model, budget=0.02) for model in MODELS)
    ask(first, requests(MODELS[0], 20))
    spent = server.usd
    with pytest.raises(BudgetError):
        ask(second, requests(MODELS[1], 60))
    assert 0 < spent < server.usd <= 0.02


KILLED = """
import sys
sys.path.insert(0, "{tests}")
import test_billing
asking = test_billing.client("{model}", concurrency=4)
test_billing.ask(asking, test_billing.requests("{model}", 40))
"""


@pytest.mark.parametrize("model", MODELS)
def test_what_was_under_way_as_a_run_was_killed_is_booked_by_the_next(
    server: BillingServer, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    answered, killed = threading.Event(), threading.Event()
    reached = Counter()

    def hold() -> None:
        with server.lock:
            reached["calls"] += 1
            if reached["calls"] == 12:
                answered.set()
        if reached["calls"] > 8:  # 8 are answered; what comes then is billed, and nobody receives it
            killed.wait(60)

    server.on_call = hold
    code = KILLED.format(tests=Path(__file__).parent, model=model)
    places = os.pathsep.join(path for path in sys.path if path)
    with subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": places}) as process:
        assert answered.wait(120)
        process.kill()
    killed.set()
    booked_before, lines = booked(), len(journal())
    assert 0 < lines <= 8
    spending(model, None).book_lost()
    assert len(journal()) == lines + 4
    assert [(line["usable"], line["reported"]) for line in journal()[lines:]] == [(False, False)] * 4
    said = [record.getMessage() for record in caplog.records if "under way as a run was killed" in record.getMessage()]
    assert said == [
        f"4 calls were under way as a run was killed, and may be billed: booked at their most, "
        f"${booked() - booked_before:.4f} (calls.jsonl)"
    ]
    for _ in range(100):  # the server bills what it was asked, a moment later
        if sum(server.calls.values()) == 12:
            break
        time.sleep(0.1)
    assert server.usd <= booked()
    spending(model, None).book_lost()
    assert len(journal()) == lines + 4, "booked twice"
    assert list(Path("calls.sent").iterdir()) == []


def test_of_a_run_that_lives_or_has_ended_nothing_is_booked_again(server: BillingServer) -> None:
    model = MODELS[0]
    server.fault = some(0.4)
    asking = client(model)
    looks: list[int] = []

    def look() -> None:
        looks.append(len(take_lost(Path("calls.jsonl"))))

    server.on_call = look
    ask(asking, requests(model, 30))
    assert len(looks) > 30
    assert set(looks) == {0}
    assert take_lost(Path("calls.jsonl")) == []
    assert list(Path("calls.sent").iterdir()) == []


def test_calls_without_a_price_leave_no_notes(server: BillingServer) -> None:
    Path("prices.yaml").unlink()
    ask(client(MODELS[0]), requests(MODELS[0], 3))
    assert not Path("calls.sent").exists()
