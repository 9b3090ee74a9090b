"""The form of an answer that lists events, and how one is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from locomo.schema.event import Event
from locomo.tasks.objects import objects_in

TEXT: Final = 240
DATE: Final = 40
"""Characters of an event and of its date, at most: small models hold to no other end."""
TOKENS_AN_EVENT: Final = 80
"""Room for one in an answer."""
MOST_OF_A_SESSION: Final = 5
"""Events of a speaker that one session adds, at most. No session of LoCoMo has more than four."""
MOST_OF_ALL: Final = 80
UNREADABLE: Final = "expected a JSON object with the lists {names}"


def most_events(max_tokens: int, limit: int) -> int:
    """Return how many events a speaker may have in an answer of so many tokens."""
    return max(1, min(limit, max_tokens // (2 * TOKENS_AN_EVENT)))


def schema(speakers: Sequence[str], most: int) -> dict[str, Any]:
    """Return the JSON schema of an answer: a list for each speaker."""
    event = {
        "type": "object",
        "properties": {
            "date": {"type": "string", "maxLength": DATE},
            "event": {"type": "string", "minLength": 1, "maxLength": TEXT},
        },
        "required": ["date", "event"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {name: {"type": "array", "maxItems": most, "items": event} for name in speakers},
        "required": list(speakers),
        "additionalProperties": False,
    }


def read_answer(text: str, speakers: Sequence[str], most: int) -> dict[str, list[dict[str, str]]]:
    """Return what a model says as a value for `schema`; ValueError with a complaint if it lists no events.

    Thoughts and fences around the JSON, sentences in place of objects, a list that is left out, and lists or texts that
    are too long are read for what they can mean.
    """
    value = _object_with(text, speakers)
    if value is None:
        raise ValueError(UNREADABLE.format(names=" and ".join(speakers)))
    by_name = {str(name).strip().casefold(): found for name, found in value.items()}
    return {name: _listed(by_name.get(name.casefold()))[:most] for name in speakers}


def events_of(text: str, speakers: Sequence[str], most: int) -> dict[str, list[Event]]:
    """Return the events in an answer (see `read_answer`)."""
    return {
        name: [Event(text=each["event"], date=each["date"] or None) for each in listed]
        for name, listed in read_answer(text, speakers, most).items()
    }


def _object_with(text: str, speakers: Sequence[str]) -> dict[str, Any] | None:
    """Return the last object in a text that has a list of one of the speakers: what comes before may be a thought."""
    wanted = {name.casefold() for name in speakers}
    found = None
    for value in objects_in(text):
        if any(str(name).strip().casefold() in wanted for name in value):
            found = value
    return found


def _listed(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list):
        return []
    events = []
    for each in value:
        event, date = (each.get("event"), each.get("date")) if isinstance(each, dict) else (each, "")
        if isinstance(event, str) and (words := " ".join(event.split())[:TEXT].strip()):
            named = " ".join(date.split())[:DATE].strip() if isinstance(date, str) else ""
            events.append({"date": named, "event": words})
    return events
