"""The calendar of a conversation: days counted from 1, times as LoCoMo writes them, and when sessions are held."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
EARLIEST, LATEST = date(2022, 1, 1), date(2023, 12, 31)
"""Of first days."""
AWAKE: Final = (8 * 60, 23 * 60)
"""Minutes of the day between which people talk."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """So many days from a first one on."""

    first: date
    days: int

    @classmethod
    def draw(cls, days: int, pick: random.Random) -> Calendar:
        """Return one with a first day within two years."""
        return cls(EARLIEST + timedelta(days=pick.randint(0, (LATEST - EARLIEST).days)), days)

    def date(self, day: int) -> date:
        """Return the date of a day, 1 being the first."""
        return self.first + timedelta(days=day - 1)

    def has(self, day: int) -> bool:
        """Whether a day is one of these."""
        return 1 <= day <= self.days


def written_date(day: date) -> str:
    """Return a date as LoCoMo writes it: '8 May, 2023'."""
    return f"{day.day} {MONTHS[day.month - 1]}, {day.year}"


def written_time(when: datetime) -> str:
    """Return a time as LoCoMo writes it: '1:56 pm on 8 May, 2023'. Noon is 12:00 pm, midnight 12:00 am."""
    half = "am" if when.hour < 12 else "pm"
    return f"{when.hour % 12 or 12}:{when.minute:02d} {half} on {written_date(when.date())}"


def session_days(event_days: Sequence[int], sessions: int, days: int) -> list[int]:
    """Return the days of sessions, in order, each another one within 1 to `days`; `days` has to be no fewer.

    Each session comes when its share of the events has happened; without events they are spread evenly.
    """
    known = sorted(event_days) or list(range(1, days + 1))
    wanted = [known[max(0, round(number * len(known) / sessions) - 1)] for number in range(1, sessions + 1)]
    found: list[int] = []
    for number, day in enumerate(wanted):
        earliest = found[-1] + 1 if found else 1
        latest = days - (sessions - 1 - number)  # leaves a day for each one after it
        found.append(min(max(day, earliest), latest))
    return found


def time_of_day(pick: random.Random) -> time:
    """Return a time at which people are awake."""
    return time(*divmod(pick.randrange(*AWAKE), 60))
