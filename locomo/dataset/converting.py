"""What converters of other datasets share: where a value stands in an original file, and what became of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from locomo.errors import InputError

Files = Mapping[str, Any]
"""The original files, read: by name without the ending."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """An item of evidence of which at least one id names no turn."""

    sample_id: str
    index: int
    """Of the question in `qa`."""
    item: str
    """As the original has it."""
    expected: str = "ids of turns"

    def __str__(self) -> str:
        return f"{self.sample_id}: qa[{self.index}].evidence: found {self.item!r}, expected {self.expected}; left out"


@dataclass(slots=True)
class Converted:
    """Samples in the released shape, and what became of the evidence of their questions."""

    samples: list[dict[str, Any]] = field(default_factory=list)
    items: int = 0
    """Items of evidence in the original."""
    as_written: int = 0
    """Items that are the id of a turn."""
    repaired: int = 0
    """Items that lead to turns by the id of a photo, or in another way of writing."""
    unmapped: list[Unmapped] = field(default_factory=list)
    """Items of which something leads nowhere; what does lead to turns is kept."""


class Original:
    """An original file. Errors name it and the place in it: one line each."""

    def __init__(self, name: str) -> None:
        self.name = name

    def text(self, parent: Any, key: str, place: str) -> str:
        """Return the text under a key of an object; `place` is that of the object, with a dot behind it."""
        value = self.expect(parent, dict, place.rstrip("."), "an object").get(key)
        text: str = self.expect(value, str, f"{place}{key}", "text")
        return text

    def words(self, parent: Any, key: str, place: str) -> str:
        """Return text as `text` does, which must not be blank."""
        if not (found := self.text(parent, key, place)).strip():
            raise self.fail(f"{place}{key}", "found an empty text, expected words")
        return found

    def entries(self, parent: Any, key: str, place: str, expected: str) -> list[Any]:
        """Return the list under a key of an object."""
        value = self.expect(parent, dict, place.rstrip("."), "an object").get(key)
        found: list[Any] = self.expect(value, list, f"{place}{key}", expected)
        return found

    def expect(self, value: Any, kind: type, place: str, expected: str) -> Any:
        """Return a value, which must be of a kind."""
        if not isinstance(value, kind):
            found = "missing" if value is None else f"found {str(value)[:60]!r}"
            raise self.fail(place, f"{found}, expected {expected}")
        return value

    def date(self, parent: Any, key: str, place: str, form: str, example: str) -> datetime:
        """Return the date under a key of an object, which must be in a form."""
        text = self.text(parent, key, place)
        try:
            return datetime.strptime(text, form)
        except ValueError:
            raise self.fail(f"{place}{key}", f"found {text!r}, expected a date such as '{example}'") from None

    def fail(self, place: str, message: str) -> InputError:
        """Return the error about a place."""
        return InputError(f"{self.name}: {place}{': ' if place else ''}{message}".replace("\n", "\\n"))


def released(time: datetime) -> str:
    """Return a time as LoCoMo writes it: '10:42 pm on 29 December, 2023'."""
    return f"{time.hour % 12 or 12}:{time:%M} {'am' if time.hour < 12 else 'pm'} on {day(time)}"


def day(time: datetime) -> str:
    """Return a day as LoCoMo writes it: '29 December, 2023'."""
    return f"{time.day} {time:%B, %Y}"
