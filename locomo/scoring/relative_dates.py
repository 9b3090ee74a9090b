"""Days that a text names by another day, as days: "the Friday before 2023-07-15" → "2023-07-14".

Texts are in lower case, with dates and ordinals in one spelling (see `dates`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from locomo.scoring.intervals import day

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY: Final = r"(?P<weekday>" + "|".join(_WEEKDAYS) + r"|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?"
_IN_WORDS: Final = "one two three four five six seven eight nine ten eleven twelve"
_COUNTS: Final = {word: number for number, word in enumerate(_IN_WORDS.split(), start=1)} | {
    "a": 1,
    "an": 1,
    "the": 1,
    "couple of": 2,
}
_COUNT: Final = r"(?:(?:a )?(?P<count>\d+|" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + r")\s+)?"
_DATE: Final = r"(?:the\s+|on\s+)?(?P<date>(?:19|20)\d\d-\d\d-\d\d)(?![\d.-])"
_ANY: Final = r"(?:\d{4}|-)-\d\d-\d\d"
_MONTH: Final = r"(?P<month>(?:19|20)\d\d-\d\d)(?!-?\d)"
_SIDE: Final = r"(?P<side>before|prior to|preceding|earlier than|ahead of|after|following|later than)\s+"
_BEFORE: Final = frozenset(("before", "prior to", "preceding", "earlier than", "ahead of"))
_PLACES: Final = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": 0, "final": 0}
_WEEK: Final = 7
_SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}
"""The first month of each, north of the equator; winter lies in two years and stays as it is."""


def resolved(text: str) -> str:
    """Return a text in which what names days by another day is written as a date or a span of days."""
    for pattern, days in _RULES:
        text = pattern.sub(lambda match, days=days: days(match) or match[0], text)  # type: ignore[misc]
    return text


def _written(first: date, last: date | None = None) -> str:
    return f" {first} " if last in (None, first) else f" {first}..{last} "


def _between(match: re.Match[str]) -> str | None:
    """Days that are joined: "from … to …", and "… and …" if the one follows the other."""
    first, last = match["first"], match["last"]
    if first.startswith("-") and not last.startswith("-"):
        first = last[:4] + first[1:]
    if day(first) >= day(last) or (match["joint"] == "and" and not match["lead"] and not _follows(first, last)):
        return None
    return f" {first}..{last} "


def _follows(first: str, last: str) -> bool:
    return day(last) - day(first) == timedelta(days=1)


def _weekday(match: re.Match[str]) -> str | None:
    """The weekday before or after a day."""
    anchor, wanted = day(match["date"]), _number(match["weekday"])
    if match["side"] in _BEFORE:
        return _written(anchor - timedelta(days=(anchor.weekday() - wanted - 1) % _WEEK + 1))
    return _written(anchor + timedelta(days=(wanted - anchor.weekday() - 1) % _WEEK + 1))


def _named(match: re.Match[str]) -> str | None:
    """A weekday beside its date says nothing more; a wrong one stays."""
    return f" {match['date']} " if _number(match["weekday"]) == day(match["date"]).weekday() else None


def _number(weekday: str) -> int:
    return next(number for number, name in enumerate(_WEEKDAYS) if name.startswith(weekday[:3]))


def _distance(match: re.Match[str]) -> str | None:
    """So many days, weeks, weekends, months or years before or after a day."""
    written = match["count"] or "1"
    count, anchor = _COUNTS.get(written) or int(written), day(match["date"])
    sign = -1 if match["side"] in _BEFORE else 1
    if not 1 <= count <= 1000:
        return None
    return _DISTANCES[match["unit"]](anchor, sign, count)


def _days(anchor: date, sign: int, count: int) -> str:
    return _written(anchor + timedelta(days=sign * count))


def _weeks(anchor: date, sign: int, count: int) -> str:
    """One week: from the Monday of the last week to the day before; several: a week around the day."""
    if count > 1:
        there = anchor + timedelta(weeks=sign * count)
        return _written(there - timedelta(days=3), there + timedelta(days=3))
    monday = anchor - timedelta(days=anchor.weekday())
    if sign < 0:
        return _written(monday - timedelta(weeks=1), anchor - timedelta(days=1))
    return _written(anchor + timedelta(days=1), monday + timedelta(days=13))


def _weekends(anchor: date, sign: int, count: int) -> str:
    if sign < 0:
        saturday = anchor - timedelta(days=anchor.weekday() + 2)
    else:
        saturday = anchor + timedelta(days=(5 - anchor.weekday() - 1) % _WEEK + 1)
    saturday += timedelta(weeks=sign * (count - 1))
    return _written(saturday, saturday + timedelta(days=1))


def _months(anchor: date, sign: int, count: int) -> str:
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + sign * count, 12)
    return f" {year}-{month + 1:02} "


def _years(anchor: date, sign: int, count: int) -> str:
    return f" {anchor.year + sign * count} "


_DISTANCES: Final[dict[str, Callable[[date, int, int], str]]] = {
    "day": _days,
    "week": _weeks,
    "weekend": _weekends,
    "month": _months,
    "year": _years,
}


def _few_days(match: re.Match[str]) -> str | None:
    anchor, sign = day(match["date"]), -1 if match["side"] in _BEFORE else 1
    near, far = anchor + timedelta(days=2 * sign), anchor + timedelta(days=5 * sign)
    return _written(min(near, far), max(near, far))


def _around(match: re.Match[str]) -> str | None:
    """The week, from Monday to Sunday, that a day lies in, or the weekend of that week."""
    anchor = day(match["date"])
    monday = anchor - timedelta(days=anchor.weekday())
    if match["unit"] == "week":
        return _written(monday, monday + timedelta(days=6))
    saturday = monday + timedelta(days=5)
    return _written(saturday, saturday + timedelta(days=1))


def _of_month(match: re.Match[str]) -> str | None:
    """The first, second, ..., last week or weekend of a month.

    The first week ends on a Sunday, and the last one begins on a Monday, where that makes them longer.
    """
    year, month = map(int, match["month"].split("-"))
    place, length = _PLACES[match["place"]], monthrange(year, month)[1]
    if match["unit"] == "week" and not place:
        first = date(year, month, length - 6)
        return _written(first - timedelta(days=first.weekday()), date(year, month, length))
    if match["unit"] == "week":
        last = date(year, month, 7 * place)
        return _written(last - timedelta(days=6), last + timedelta(days=6 - last.weekday()))
    begin = date(year, month, 1)
    saturday = begin + timedelta(days=(5 - begin.weekday()) % _WEEK)
    saturdays = [one for week in range(5) if (one := saturday + timedelta(weeks=week)).month == month]
    chosen = saturdays[place - 1]
    return _written(chosen, chosen + timedelta(days=1))


def _part(match: re.Match[str]) -> str | None:
    """Early: the first ten days; late: from the 21st on; the beginning and the end: seven days."""
    year, month = map(int, match["month"].split("-"))
    length = monthrange(year, month)[1]
    first, last = {
        "early": (1, 10),
        "mid": (11, 20),
        "middle": (11, 20),
        "late": (21, length),
        "beginning": (1, 7),
        "start": (1, 7),
        "end": (length - 6, length),
    }[match["part"]]
    return _written(date(year, month, first), date(year, month, last))


def _season(match: re.Match[str]) -> str | None:
    year, first = int(match["year"]), _SEASONS[match["season"]]
    return _written(date(year, first, 1), date(year, first + 2, monthrange(year, first + 2)[1]))


Days = Callable[[re.Match[str]], str | None]
_RULES: Final[tuple[tuple[re.Pattern[str], Days], ...]] = tuple(
    (re.compile(pattern), days)
    for pattern, days in (
        (
            rf"(?P<lead>\b(?:from|between)\s+)?(?<![\w.-])(?P<first>{_ANY})\s+(?P<joint>to|-|through|until|till|and)\s+"
            rf"(?P<last>{_ANY})(?![\d.-])",
            _between,
        ),
        (rf"\b(?:last\s+)?{_WEEKDAY}\s+(?:right\s+|just\s+)?{_SIDE}{_DATE}", _weekday),
        (rf"\b{_WEEKDAY}\s*,?\s*{_DATE}", _named),
        (rf"{_DATE}\s*,?\s*\(?\b{_WEEKDAY}(?!\s+(?:before|after))\)?", _named),
        (rf"\b(?:a\s+)?few\s+days\s+{_SIDE}{_DATE}", _few_days),
        (
            rf"\b(?:the\s+)?(?:last\s+|(?:right|just)\s+)?{_COUNT}(?P<unit>weekend|day|week|month|year)s?\s+"
            rf"(?:right\s+|just\s+)?{_SIDE}{_DATE}",
            _distance,
        ),
        (rf"\b(?P<unit>week|weekend)\s+of\s+(?:the\s+)?{_DATE}", _around),
        (rf"\bweek(?:end)?\s+of\s+(?P<span>{_ANY}\.\.{_ANY})", lambda match: f" {match['span']} "),
        (rf"\b(?P<place>{'|'.join(_PLACES)})\s+(?P<unit>week|weekend)\s+(?:of|in)\s+{_MONTH}", _of_month),
        (rf"\b(?:the\s+)?(?P<part>early|mid|late)(?:\s*-\s*|\s+)(?:in\s+)?{_MONTH}", _part),
        (rf"\b(?:the\s+)?(?P<part>beginning|start|middle|end)\s+of\s+{_MONTH}", _part),
        (rf"\b(?P<season>{'|'.join(_SEASONS)})(?:\s+of|\s+in|\s*,)?\s+(?P<year>(?:19|20)\d\d)\b(?!-)", _season),
        (r"\b(?:the\s+)?year\s+(?=(?:19|20)\d\d\b)", lambda match: " "),
    )
)
