"""Requests and tokens a minute, in time that passes only when somebody waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from locomo.llm import Limits
from locomo.llm.limiter import LATENESS, MARGIN, Limiter


class Clock:
    """Time for the limiter: it stands still but for what is slept. Servers in other threads keep theirs."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._real = time.monotonic, asyncio.sleep

    def monotonic(self) -> float:
        return self.now if threading.current_thread() is threading.main_thread() else self._real[0]()

    async def sleep(self, seconds: float) -> None:
        if threading.current_thread() is threading.main_thread():
            self.now += max(0.0, seconds)
        else:
            await self._real[1](seconds)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock.monotonic)
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    yield clock
    monkeypatch.undo()


def times(clock: Clock, limiter: Limiter, calls: int, tokens: int = 0) -> list[float]:
    """When each of many calls is let go, in seconds from the first."""

    async def main() -> list[float]:
        found = []
        for _ in range(calls):
            await limiter.admit(tokens)
            found.append(clock.now)
        return found

    began = clock.now
    return [at - began for at in asyncio.run(main())]


def most_in_a_minute(found: list[float]) -> int:
    return max(sum(1 for other in found if at <= other < at + 60) for at in found)


@pytest.mark.parametrize("rpm", [10, 3500])
def test_no_minute_holds_more_requests_than_allowed_and_none_is_wasted(clock: Clock, rpm: int) -> None:
    found = times(clock, Limiter(Limits(requests=rpm)), 3 * rpm)
    assert most_in_a_minute(found) <= rpm
    assert len(found) / found[-1] * 60 >= 0.95 * rpm


def test_tokens_are_paced_too(clock: Clock) -> None:
    found = times(clock, Limiter(Limits(requests=10_000, tokens=90_000)), 200, tokens=1000)
    assert most_in_a_minute(found) <= 90
    assert len(found) / found[-1] * 60 >= 0.95 * 90


def test_without_a_limit_nobody_waits(clock: Clock) -> None:
    assert times(clock, Limiter(Limits()), 1000, tokens=10**6)[-1] == 0


def test_an_estimate_that_was_too_high_is_given_back(clock: Clock) -> None:
    async def main() -> float:
        limiter = Limiter(Limits(tokens=60_000))
        for _ in range(60):
            await limiter.admit(2000)
            limiter.settle(2000, 1000)
        return clock.now - 1000

    assert asyncio.run(main()) == pytest.approx(60 / MARGIN, abs=2)


def test_one_call_larger_than_a_minute_goes_and_is_paid_for(clock: Clock) -> None:
    first, second = times(clock, Limiter(Limits(tokens=1000)), 2, tokens=3000)
    assert first == 0
    assert second == pytest.approx(180 / MARGIN - LATENESS, abs=1)


def test_what_the_provider_says_counts_where_it_is_less(clock: Clock) -> None:
    limiter = Limiter(Limits(requests=1000))
    limiter.adopt(Limits(requests=60))
    assert times(clock, limiter, 61)[-1] == pytest.approx(60 / MARGIN, abs=1)
    limiter.adopt(Limits(requests=5000))
    found = times(clock, limiter, 1000)
    assert found[-1] == pytest.approx(60 / MARGIN, abs=2)


def test_on_hold_nothing_goes(clock: Clock) -> None:
    limiter = Limiter(Limits())
    limiter.hold(7)
    limiter.hold(3)
    assert times(clock, limiter, 2) == [7, 7]
