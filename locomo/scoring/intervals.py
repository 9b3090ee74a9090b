"""Dates as spans of days, and which of them lie in which."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import Final

DATE: Final = re.compile(r"(?P<year>\d{4}|-)-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:\.\.(?P<to>(?:\d{4}|-)-\d\d-\d\d))?)?")
"""A date in one spelling: '2023-05-07', '2023-05', '--05-07' where no year is said, '2023-05-07..2023-05-09' for a
span of days."""
YEAR: Final = re.compile(r"(?:1[89]|20)\d\d")
_SPAN: Final = ".."
_LEAP: Final = 2024
"""The year that stands for none: every day of a year exists in it."""

Span = tuple[date, date]


def is_date(word: str) -> bool:
    """Whether a word is a date as `DATE` has it, or a year."""
    return DATE.fullmatch(word) is not None or YEAR.fullmatch(word) is not None


def lies_in(found: str, expected: str) -> bool:
    """Whether a date lies in another one or is the same: who says more than was asked is not wrong.

    '2023-05-07' lies in '2023-05', in '2023', in '--05-07' and in '2023-05-01..2023-05-07'. Of a span of days, more
    than half must lie in another span.
    """
    if found == expected:
        return True
    inner, outer = span(found), span(expected)
    if inner is None or outer is None or (found.startswith("-") and not expected.startswith("-")):
        return False
    if expected.startswith("-"):
        inner = _without_year(inner)
    if _SPAN in found and _SPAN in expected:
        common = (min(inner[1], outer[1]) - max(inner[0], outer[0])).days + 1
        return 2 * common > (inner[1] - inner[0]).days + 1
    return outer[0] <= inner[0] and inner[1] <= outer[1]


@lru_cache(maxsize=4096)
def span(word: str) -> Span | None:
    """Return the first and the last day of a date as `DATE` has it, or of a year; None for any other word."""
    if YEAR.fullmatch(word):
        return date(int(word), 1, 1), date(int(word), 12, 31)
    match = DATE.fullmatch(word)
    if match is None:
        return None
    year, month = _LEAP if match["year"] == "-" else int(match["year"]), int(match["month"])
    if match["day"] is None:
        return date(year, month, 1), date(year, month, monthrange(year, month)[1])
    first = date(year, month, int(match["day"]))
    return first, day(match["to"]) if match["to"] else first


def day(word: str) -> date:
    """Return the day of '2023-05-07' or '--05-07'."""
    *_, month, number = word.split("-")
    return date(_LEAP if word.startswith("-") else int(word[:4]), int(month), int(number))


def _without_year(days: Span) -> Span:
    first = days[0].replace(year=_LEAP)
    return first, first + (days[1] - days[0])
