"""Dates in words, in one spelling: "7 May 2023", "May 7th, 2023" and "2023-05-07" → "2023-05-07"."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from typing import Final

_MONTHS: Final = tuple(name.lower() for name in month_name[1:])
_NUMBERS: Final[dict[str, int]] = {
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
}
_MONTH: Final = r"(?P<month>" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")\b\.?"
_DAY: Final = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>(?:1[89]|20)\d\d)"
_SEPARATOR: Final = r"(?:\s*,\s*|\s+)"
_PATTERNS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\w-]){_YEAR}[-/.](?P<month>[01]?\d)[-/.](?P<day>[0-3]?\d)(?![\d-])",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}{_SEPARATOR}(?:of\s+|in\s+)?{_YEAR}\b",
        rf"\b{_MONTH}\s+(?:the\s+)?{_DAY}{_SEPARATOR}(?:of\s+|in\s+)?{_YEAR}\b",
        rf"\b{_YEAR}{_SEPARATOR}{_MONTH}\s+(?:the\s+)?{_DAY}\b",
        rf"\b{_YEAR}{_SEPARATOR}{_DAY}(?:\s+of)?\s+{_MONTH}(?!\w)",
        rf"(?<!\w){_MONTH}{_SEPARATOR}(?:of\s+|in\s+)?{_YEAR}\b",
        rf"\b{_DAY}(?:\s+of)?\s+{_MONTH}(?!\w)",
        rf"(?<!\w){_MONTH}\s+(?:the\s+)?{_DAY}\b(?!\s*(?:%|am\b|pm\b|:))",
    )
)
"""The most exact first: what one has taken is no date for the next."""
_NUMERIC: Final = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.]((?:19|20)\d\d)\b")
DATE: Final = re.compile(r"(?P<year>\d{4}|-)-(?P<month>\d\d)(?:-(?P<day>\d\d))?")
"""A date as this module writes it: '2023-05-07', '2023-05', and '--05-07' where no year is said."""


def one_spelling(text: str) -> str:
    """Return a text in lower case with every date in it written as `DATE`.

    Days that do not exist and digits alone that could be either order (5/7/2023) stay as they are.
    """
    for pattern in _PATTERNS:
        text = pattern.sub(_written, text)
    return _NUMERIC.sub(_from_digits, text)


def as_exact_as(found: str, expected: str) -> str:
    """Return a date cut to the exactness of another one that it lies in, else as it is.

    '2023-05-07' lies in '2023-05', in '2023' and in '--05-07': who says more than was asked is not wrong.
    """
    match = DATE.fullmatch(found)
    if match is None or found == expected:
        return found
    wider = {match["year"], f"{match['year']}-{match['month']}", f"--{match['month']}-{match['day']}"}
    return expected if expected in wider else found


def _written(match: re.Match[str]) -> str:
    groups = match.groupdict()
    month = _NUMBERS.get(groups["month"]) or int(groups["month"] if groups["month"].isdigit() else 0)
    day, year = groups.get("day"), groups.get("year")
    if not _exists(year, month, day):
        return match[0]
    return f" {year or '-'}-{month:02}" + (f"-{int(day):02} " if day else " ")


def _from_digits(match: re.Match[str]) -> str:
    one, other, year = int(match[1]), int(match[2]), match[3]
    if (one > 12) == (other > 12) and one != other:
        return match[0]
    month, day = (other, one) if one > 12 else (one, other)
    return f" {year}-{month:02}-{day:02} " if _exists(year, month, str(day)) else match[0]


def _exists(year: str | None, month: int, day: str | None) -> bool:
    if not 1 <= month <= 12:
        return False
    return day is None or 1 <= int(day) <= monthrange(int(year) if year else 2024, month)[1]
