"""Long work says how far it is, in plain lines where there is no terminal, and how long it takes once that is known."""

from __future__ import annotations

import logging

import pytest

from locomo import progress
from locomo.progress import Progress, duration


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


def lines(clock: Clock, caplog: pytest.LogCaptureFixture, total: int, *steps: float) -> list[str]:
    """What is said where each step takes so many seconds."""
    with caplog.at_level(logging.INFO, logger="locomo"):
        bar = Progress("qa", total, lambda: "1 from the cache")
        for seconds in steps:
            clock.now += seconds
            bar.step()
        bar.close()
    return caplog.messages


def test_a_log_gets_plain_lines_with_minutes_and_hours(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    *said, last = lines(clock, caplog, 1000, *[10.0] * 8)
    assert said == [
        "qa: 2 of 1000, 1 from the cache",
        "qa: 4 of 1000, 6.0 a minute, 2 h 46 min left, 1 from the cache",
        "qa: 6 of 1000, 6.0 a minute, 2 h 46 min left, 1 from the cache",
        "qa: 8 of 1000, 6.0 a minute, 2 h 45 min left, 1 from the cache",
    ]
    assert last == "qa: 8 done in 1 min, 1 from the cache"


def test_nothing_is_foretold_before_there_is_a_basis(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    first, _ = lines(clock, caplog, 1000, 25.0)
    assert first == "qa: 1 of 1000, 1 from the cache"


def test_what_came_at_once_from_the_cache_does_not_make_the_rest_look_quick(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    *_, late, _ = lines(clock, caplog, 1000, *[0.0] * 500, *[10.0] * 12)
    assert "6.0 a minute, 1 h 21 min left" in late


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (61, "1 min"),
        (3599, "1 h"),
        (9960, "2 h 46 min"),
        (99751, "27 h 43 min"),
        (400000, "5 days"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said
