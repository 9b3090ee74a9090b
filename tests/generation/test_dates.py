"""The calendar: times as LoCoMo writes them, and days on which sessions can be."""

from __future__ import annotations

import random
from datetime import date, datetime

import pytest

from locomo.generation.dates import Calendar, session_days, time_of_day, written_date, written_time


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, "12:00 am"),
        (0, 59, "12:59 am"),
        (1, 5, "1:05 am"),
        (11, 59, "11:59 am"),
        (12, 0, "12:00 pm"),
        (12, 30, "12:30 pm"),
        (13, 56, "1:56 pm"),
        (23, 59, "11:59 pm"),
    ],
)
def test_noon_is_pm_and_midnight_am(hour: int, minute: int, said: str) -> None:
    assert written_time(datetime(2023, 5, 8, hour, minute)) == f"{said} on 8 May, 2023"


def test_all_times_of_a_day_are_told_apart() -> None:
    assert len({written_time(datetime(2023, 5, 8, *divmod(minute, 60))) for minute in range(1440)}) == 1440


def test_a_date_has_no_zero_before_the_day() -> None:
    assert written_date(date(2024, 2, 29)) == "29 February, 2024"


def test_days_are_counted_from_one() -> None:
    calendar = Calendar(date(2023, 2, 27), 3)
    assert [calendar.date(day) for day in (1, 3)] == [date(2023, 2, 27), date(2023, 3, 1)]
    assert [calendar.has(day) for day in (0, 1, 3, 4)] == [False, True, True, False]


@pytest.mark.parametrize("seed", range(30))
def test_sessions_have_days_of_their_own_in_order_and_inside(seed: int) -> None:
    pick = random.Random(seed)
    days = pick.randint(1, 40)
    sessions = pick.randint(1, days)
    events = [pick.randint(1, days) for _ in range(pick.randint(0, 20))]
    found = session_days(events, sessions, days)
    assert len(found) == sessions
    assert found == sorted(set(found))
    assert 1 <= found[0] <= found[-1] <= days


def test_a_session_comes_when_its_share_of_events_has_happened() -> None:
    assert session_days([3, 5, 10, 12, 20, 28], 3, 30) == [5, 12, 28]
    assert session_days([], 3, 30) == [10, 20, 30]


def test_people_talk_while_they_are_awake() -> None:
    assert {time_of_day(random.Random(seed)).hour for seed in range(500)} == set(range(8, 23))
