"""What the relative expressions of the sample's turns mean, counted from the date of the session."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
NUMBER_WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
NUMBERS = {word: n for n, word in enumerate(NUMBER_WORDS, 1)}


def day(when: date) -> str:
    return f"{when.day} {when:%B} {when.year}"


def month(when: date, shift: int) -> str:
    index = when.year * 12 + when.month - 1 + shift
    return f"{date(index // 12, index % 12 + 1, 1):%B} {index // 12}"


def last_weekday(when: date, name: str) -> date:
    """The latest `name` before `when`, which is a week back when the two fall on one weekday."""
    back = (when.weekday() - WEEKDAYS.index(name)) % 7 or 7
    return when - timedelta(days=back)


Rule = Callable[[date, re.Match[str]], str]
RULES: list[tuple[str, Rule]] = [
    (r"\byesterday\b", lambda when, _: day(when - timedelta(days=1))),
    (r"\btomorrow\b", lambda when, _: day(when + timedelta(days=1))),
    (r"\b(\w+) days ago\b", lambda when, m: day(when - timedelta(days=NUMBERS[m[1].lower()]))),
    (rf"\blast ({'|'.join(WEEKDAYS)})\b", lambda when, m: day(last_weekday(when, m[1]))),
    (r"\blast week\b", lambda when, _: f"the week before {day(when)}"),
    (r"\blast weekend\b", lambda when, _: f"the weekend before {day(when)}"),
    (r"\blast month\b", lambda when, _: month(when, -1)),
    (r"\bnext month\b", lambda when, _: month(when, 1)),
    (r"\blast year\b", lambda when, _: str(when.year - 1)),
    (r"\b(\w+) years ago\b", lambda when, m: str(when.year - NUMBERS[m[1].lower()])),
]


def resolve(text: str, when: date) -> list[str]:
    """The dates that the relative expressions of `text` name, said on `when`."""
    return [rule(when, found) for pattern, rule in RULES for found in re.finditer(pattern, text, re.IGNORECASE)]
