"""One Redis for a team: who asks, what waits, and what becomes of paid answers while the server is away."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from billing_server import PRICES, BillingServer, billing
from redis_server import REASON, RedisServer

from locomo.errors import IncompleteError
from locomo.llm import Message, Request, RequestCache, Response, open_cache
from locomo.llm.cache import Refusal, absence, leases

pytestmark = pytest.mark.skipif(REASON is not None, reason=str(REASON))
QUESTIONS = 60
RUN = """
import asyncio, json, sys
from pathlib import Path
from locomo.llm import Client, Message, Request, Spending, open_cache, open_model

async def main():
    first, last = int(sys.argv[1]), int(sys.argv[2])
    model = open_model("openai/gpt-billed", context_window=None)
    cache = open_cache()
    client = Client(model, cache, spending=Spending(None, journal=Path("calls.jsonl")))
    requests = [Request("openai", "gpt-billed", (Message("user", f"Question {n}?"),), 8) for n in range(first, last)]
    outcomes = await client.ask_all(requests, lambda: None)
    cache.close()
    print(json.dumps([outcome.response and outcome.response.text for outcome in outcomes]))

asyncio.run(main())
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[BillingServer]:
    (tmp_path / "prices.yaml").write_text(PRICES)
    with billing() as server:
        yield server


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home/.cache"))
    return tmp_path / "home/.cache/locomo"


def start(home: Path, redis: RedisServer, provider: BillingServer, first: int, last: int) -> subprocess.Popen[str]:
    """A run on a machine of its own: what it shares with others is the Redis."""
    home.mkdir(exist_ok=True)
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "LOCOMO_CACHE_DIR": redis.url,
        "OPENAI_BASE_URL": f"{provider.address}/v1",
        "OPENAI_API_KEY": "planted",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-c", RUN, str(first), str(last)]
    return subprocess.Popen(
        command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> list[str | None]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    answers: list[str | None] = json.loads(out)
    return answers


def calls(home: Path) -> int:
    return len((home / "calls.jsonl").read_text().splitlines()) if (home / "calls.jsonl").exists() else 0


def request(n: object) -> Request:
    return Request("openai", "gpt-billed", (Message("user", f"Question {n}?"),), 8)


def response(text: str) -> Response:
    return Response(text, "m", input_tokens=5, output_tokens=1)


def test_two_homes_that_share_a_server_ask_everything_once(
    redis: RedisServer, provider: BillingServer, tmp_path: Path
) -> None:
    provider.answer = lambda prompt: (time.sleep(0.05), prompt.upper())[1]
    homes = [tmp_path / "ruth", tmp_path / "ivo"]
    runs = [start(home, redis, provider, 20 * place, 20 * place + QUESTIONS) for place, home in enumerate(homes)]
    for place, run in enumerate(runs):
        assert ended(run) == [f"QUESTION {n}?" for n in range(20 * place, 20 * place + QUESTIONS)]
    assert sorted(provider.prompts) == sorted(f"Question {n}?" for n in range(QUESTIONS + 20))
    assert sum(map(calls, homes)) == QUESTIONS + 20


def test_what_a_killed_machine_was_asking_is_asked_by_the_other(
    redis: RedisServer, provider: BillingServer, at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "SECONDS", 1.0)
    killed, other = open_cache(redis.url), open_cache(redis.url)

    async def main() -> float:
        assert await killed.hold(request(1)) is None
        assert killed._leases
        killed._leases._ended.set()  # it renews nothing any more
        began = time.monotonic()
        assert await other.hold(request(1)) is None
        return time.monotonic() - began

    assert 0.3 < asyncio.run(main()) < 10


def test_a_lease_lasts_as_long_as_its_holder_and_is_given_back(
    redis: RedisServer, at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "SECONDS", 0.6)
    first, second = open_cache(redis.url), open_cache(redis.url)

    async def main() -> None:
        assert await first.hold(request(1)) is None
        waiting = asyncio.create_task(second.hold(request(1)))
        await asyncio.sleep(1.5)  # longer than the lease
        assert not waiting.done()
        await first.give_up([request(1)])
        assert await asyncio.wait_for(waiting, 5) is None

        waiting = asyncio.create_task(first.hold(request(1)))
        await second.store(request(1), Refusal("the model gave an empty answer"))
        assert await asyncio.wait_for(waiting, 5) == Refusal("the model gave an empty answer")
        assert await first.claim([request(1), request(2)]) == {request(2).key}

    asyncio.run(main())


def test_a_server_that_is_away_for_seconds_loses_nothing_and_ends_nothing(
    redis: RedisServer, provider: BillingServer, tmp_path: Path
) -> None:
    away = threading.Event()
    sent_while_away: list[str] = []

    def answer(prompt: str) -> str:
        if away.is_set():
            sent_while_away.append(prompt)
        time.sleep(0.1)
        return prompt.upper()

    provider.answer = answer
    run = start(tmp_path / "ruth", redis, provider, 0, 200)
    while len(provider.prompts) < 40:
        time.sleep(0.02)
    redis.kill()
    time.sleep(0.3)  # what had passed its last look is on its way
    away.set()
    time.sleep(3)
    away.clear()
    redis.start()
    assert ended(run) == [f"QUESTION {n}?" for n in range(200)]
    assert sent_while_away == []
    assert len(provider.prompts) == 200
    cache = open_cache(redis.url)
    assert [cache.get(request(n)) is not None for n in range(200)] == [True] * 200
    assert not list((tmp_path / "ruth").rglob("*.json"))


def test_what_a_run_could_not_deliver_the_next_one_does(
    redis: RedisServer, at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(absence, "LONGEST", 0.2)
    cache = open_cache(redis.url)
    redis.kill()
    asyncio.run(cache.store(request(1), response("paid")))
    (kept,) = at_home.rglob("*.json")
    assert json.loads(kept.read_text())["response"]["text"] == "paid"
    with pytest.raises(IncompleteError, match=r"cannot be .* answers received so far are kept in"):
        cache.get(request(2))

    redis.start()
    later: RequestCache = open_cache(redis.url)
    assert later.get(request(1)) == response("paid")
    assert not kept.exists()
