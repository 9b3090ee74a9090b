"""Dates in words, in one spelling: "7 May 2023", "May 7th, 2023" and "2023-05-07" → "2023-05-07"."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from typing import Final

from locomo.scoring.relative_dates import resolved

_MONTHS: Final = tuple(name.lower() for name in month_name[1:])
_NUMBERS: Final[dict[str, int]] = {
    **{name: number for number, name in enumerate(_MONTHS, start=1)},
    **{name[:3]: number for number, name in enumerate(_MONTHS, start=1)},
    "sept": 9,
    "janury": 1,  # as golds of LoCoMo spell it
    "januarty": 1,
}
_NAMES: Final = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_MONTH: Final = rf"(?P<month>{_NAMES})\b\.?"
_DAY: Final = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_OTHER_DAY: Final = r"(?P<other>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR: Final = r"(?P<year>(?:1[89]|20)\d\d)"
_SEPARATOR: Final = r"(?:\s*,\s*|\s+)"
_JOINED: Final = r"\s*(?P<joint>-|&|and|to|through|until|till)\s*(?:the\s+)?"
_GLUED: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (rf"(?<=\d)(?=(?:{_NAMES})(?![a-z]))", " "),  # 15April
        (rf"\b({_NAMES})(?=(?:19|20)\d\d\b)", r"\1 "),  # May2023
        (rf"\b(\d{{1,2}})[-/.]({_NAMES})[-/.]'?((?:19|20)?\d\d)\b", r"\1 \2 '\3"),  # 7-May-2023
        (rf"(?<=\d )({_NAMES})\b\.?,?\s+'(\d\d)\b", r"\1 20\2"),  # 7 May '23
        (rf"\b({_NAMES})\.?\s+(\d{{1,2}}),?\s+'(\d\d)\b", r"\1 \2 20\3"),  # May 7, '23
        (r"'((?:19|20)\d\d)\b", r"\1"),
    )
)
"""What stands between the parts of a date and says nothing."""
_SEVERAL: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_DAY}{_JOINED}{_OTHER_DAY}(?:\s+of)?\s+{_MONTH}(?:{_SEPARATOR}(?:of\s+)?{_YEAR}\b)?",
        rf"(?<!\w){_MONTH}\s+(?:the\s+)?{_DAY}{_JOINED}{_OTHER_DAY}\b(?:{_SEPARATOR}(?:of\s+)?{_YEAR}\b)?",
    )
)
"""Days of one month: "7 and 8 May 2023", "May 7-8"."""
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
        r"(?<![\w-])(?P<year>(?:19|20)\d\d)\s*年\s*(?P<month>[01]?\d)\s*月(?:\s*(?P<day>[0-3]?\d)\s*[日号])?",
    )
)
"""The most exact first: what one has taken is no date for the next."""
_NUMERIC: Final = re.compile(r"\b(\d{1,2})[/.](\d{1,2})[/.]((?:19|20)\d\d)\b")


def one_spelling(text: str) -> str:
    """Return a text in lower case with every date and span of days in it as `intervals.DATE` has them.

    Days that do not exist and digits alone that could be either order (5/7/2023) stay as they are.
    """
    if not any(character.isdigit() for character in text):
        return text
    for pattern, replacement in _GLUED:
        text = pattern.sub(replacement, text)
    for pattern in _SEVERAL:
        text = pattern.sub(_written_twice, text)
    for pattern in _PATTERNS:
        text = pattern.sub(_written, text)
    return resolved(_NUMERIC.sub(_from_digits, text))


def _written(match: re.Match[str]) -> str:
    groups = match.groupdict()
    return _iso(groups["month"], groups.get("day"), groups.get("year")) or match[0]


def _written_twice(match: re.Match[str]) -> str:
    month, year = match["month"], match["year"]
    first, last = (_iso(month, match[name], year) for name in ("day", "other"))
    if first is None or last is None or int(match["day"]) >= int(match["other"]):
        return match[0]
    return f"{first} {'and' if match['joint'] in {'and', '&'} else 'to'} {last}"


def _iso(name: str, day: str | None, year: str | None) -> str | None:
    """Return a date as `intervals.DATE` has it, between spaces; None if there is no such day."""
    month = _NUMBERS.get(name) or int(name if name.isdigit() else 0)
    if not _exists(year, month, day):
        return None
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
