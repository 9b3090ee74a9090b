"""A gold answer in other words that mean the same: dates and numbers spelled otherwise, lists in another order."""

from __future__ import annotations

import re
from calendar import day_name, month_name
from collections.abc import Sequence
from datetime import date
from typing import Final

Synonyms = Sequence[tuple[str, str]]
SYNONYMS: Final[Synonyms] = (
    *(("mom", "mother"), ("dad", "father"), ("kids", "children"), ("photos", "pictures"), ("movie", "film")),
    *(("bike", "bicycle"), ("car", "automobile"), ("job", "work"), ("doctor", "physician"), ("happy", "glad")),
    *(("sad", "unhappy"), ("scared", "afraid"), ("big", "large"), ("small", "little"), ("start", "begin")),
    *(("started", "began"), ("buy", "purchase"), ("bought", "purchased"), ("help", "assist"), ("helped", "supported")),
    *(("trip", "journey"), ("store", "shop"), ("home", "house"), ("friends", "pals"), ("grandma", "grandmother")),
    *(("trail", "path"), ("painting", "picture"), ("gift", "present"), ("excited", "thrilled"), ("tired", "exhausted")),
    *(("running", "jogging"), ("college", "university"), ("wife", "spouse"), ("meal", "dish"), ("beautiful", "lovely")),
    *(("quiet", "calm"), ("hard", "difficult"), ("fun", "enjoyable"), ("sick", "ill"), ("road", "street")),
    *(("forest", "woods"), ("coast", "seaside"), ("singing", "vocals"), ("hiking", "walking"), ("dog", "puppy")),
    *(("improve", "better"), ("career", "profession"), ("company", "firm"), ("teach", "instruct"), ("team", "squad")),
    *(
        ("games", "matches"),
        ("country", "nation"),
        ("money", "funds"),
        ("famous", "well-known"),
        ("grateful", "thankful"),
    ),
    *(("support", "backing"), ("relaxing", "soothing"), ("nervous", "anxious"), ("goal", "aim"), ("city", "town")),
)
"""Words to ones that may stand in their place in a short answer."""
_NUMBERS: Final = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_MONTHS: Final = "|".join(month_name[1:])
_DATE: Final = re.compile(rf"\b(\d{{1,2}}) ({_MONTHS}),? (\d{{4}})\b")
_MONTH: Final = re.compile(rf"\b({_MONTHS}),? (\d{{4}})\b")
_SEPARATORS: Final = re.compile(r"\s*(?:,|;)\s*(?:and\s+)?|\s+and\s+")
_LONGEST_PART: Final = 4
DATE_FORMS: Final = (
    "{month} {day}, {year}",
    "{iso}",
    "the {ordinal} of {month} {year}",
    "{weekday}, {day} {month} {year}",
)


def respelled_dates(text: str, form: str) -> str:
    """Return a text with its dates, such as 7 May 2023, in one of `DATE_FORMS`."""
    return _DATE.sub(lambda match: form.format(**date_parts(match)), text)


def date_parts(match: re.Match[str]) -> dict[str, str]:
    """Return a date that `day_of` finds as the fields of `DATE_FORMS`."""
    day, month, year = int(match[1]), list(month_name).index(match[2]), int(match[3])
    try:
        when = date(year, month, day)
    except ValueError:
        return dict.fromkeys(("month", "day", "year", "iso", "ordinal", "weekday"), match[0])
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return {
        "month": match[2],
        "day": str(day),
        "year": match[3],
        "iso": when.isoformat(),
        "ordinal": f"{day}{ending}",
        "weekday": day_name[when.weekday()],
    }


def day_of(text: str) -> re.Match[str] | None:
    """Return the first whole date of a text, as day, month and year."""
    return _DATE.search(text)


def month_of(text: str) -> re.Match[str] | None:
    """Return the first month with its year."""
    return _MONTH.search(text)


def other_numbers(text: str) -> str:
    """Return a text with small numbers written out, and those that are written out in digits; not those of dates."""
    if day_of(text) or month_of(text):
        return text
    words = {str(number): word for number, word in enumerate(_NUMBERS)}
    words |= {word: digits for digits, word in list(words.items())[2:]}
    return re.sub(r"(?<![\w.,:$/-])\w+(?![\w:%/-]|[.,]\d)", lambda match: words.get(match[0].lower(), match[0]), text)


def reordered(text: str, separator: str = "; ") -> str:
    """Return a list in the reverse order with another separator; a text without separators as it is."""
    if day_of(text) or month_of(text):
        return text
    parts = [part for part in _SEPARATORS.split(text) if part]
    short = all(len(part.split()) <= _LONGEST_PART for part in parts)  # longer ones are clauses, not items
    return separator.join(reversed(parts)) if short and len(parts) > 1 else text


def synonymous(text: str, synonyms: Synonyms) -> str:
    """Return a text with words replaced by others that mean the same."""
    words = dict(synonyms)
    return re.sub(r"\b\w+\b", lambda match: words.get(match[0].lower(), match[0]), text)
