"""Whether the date that a predicted event names is that of the annotated one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from locomo.scoring.dates import one_spelling
from locomo.scoring.intervals import Span, is_date, span

BEFORE_THE_FIRST: Final = timedelta(days=31)
"""How far the events before a first session may lie back."""
_NO_YEAR: Final = "-"


def named_date(text: str) -> str | None:
    """Return the first date in a text, as `intervals.DATE` has it; None if it names none."""
    return next((word for word in one_spelling(text.lower()).split() if is_date(word)), None)


def window(day: str | None, day_before: str | None) -> Span | None:
    """Return the days on which an event may have happened that is annotated at a session: since the one before.

    Both are dates in words: of the annotation, and of the session before (None for the first). None where the first of
    them cannot be read.
    """
    last = _day(day)
    if last is None:
        return None
    first = _day(day_before)
    return (last - BEFORE_THE_FIRST if first is None or first > last else first), last


def is_right(named: str, days: Span) -> bool:
    """Whether a date, as `intervals.DATE` has it, has a day in common with the days on which an event may have been.

    A month is right where it overlaps them; a date without a year is taken to be of one of their years.
    """
    years = (days[0].year, days[1].year)
    words = [f"{year}{named[1:]}" for year in years] if named.startswith(_NO_YEAR) else [named]
    found = [each for word in words if (each := _span_of(word)) is not None]
    return any(first <= days[1] and days[0] <= last for first, last in found)


def _span_of(word: str) -> Span | None:
    try:
        return span(word)
    except ValueError:  # 29 February in a year without one
        return None


def _day(text: str | None) -> date | None:
    named = named_date(text) if text else None
    found = span(named) if named and not named.startswith(_NO_YEAR) else None
    return found[1] if found else None
