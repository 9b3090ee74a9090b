"""What happens to a speaker: a graph of dated events and their causes, grown in steps (section 3.2 of the paper).

Whatever a model proposes is checked, not hoped for: what offends is asked for again with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from locomo.generation.dates import Calendar, written_date
from locomo.generation.personas import Persona
from locomo.generation.settings import FIRST_EVENTS
from locomo.generation.step import ASKS, Step, Steps, answer_schema, example, some_of, text_of
from locomo.generation.words import cut, is_said, one_line

AT_ONCE: Final = 3
"""Events of one step."""
MOST_CAUSES: Final = 2
TEXT: Final = (25, 120)
"""Words and characters of an event, at most."""
LEAST: Final = 3
"""Words."""

_LONGEST_ID: Final = 40


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day (1 is the first of the calendar), because of earlier events."""

    id: str
    day: int
    text: str
    caused_by: tuple[str, ...] = ()


def most_requests(events: int) -> int:
    """Return how many requests a graph can take."""
    return ASKS * (1 + math.ceil((events - FIRST_EVENTS) / AT_ONCE))


def faults(events: Sequence[Event], calendar: Calendar) -> dict[str, str]:
    """Return the events that cannot stand, by id, each with the reason.

    A day outside of the calendar, too few words or those of another event, a cause that is unknown, later or itself.
    """
    known = {event.id: event for event in events}
    found: dict[str, str] = {}
    said: set[str] = set()
    for event in events:
        text = event.text.casefold()
        unknown = [cause for cause in event.caused_by if cause not in known]
        later = [cause for cause in event.caused_by if cause in known and known[cause].day > event.day]
        if not calendar.has(event.day):
            found[event.id] = f"day {event.day} is not between 1 and {calendar.days}"
        elif not is_said(event.text, LEAST):
            found[event.id] = "it says too little"
        elif text in said:
            found[event.id] = "it says the same as another event"
        elif unknown:
            found[event.id] = f"there is no event {', '.join(unknown)[:_LONGEST_ID]} to cause it"
        elif later:
            found[event.id] = f"its cause {', '.join(later)} comes later than itself"
        elif _reaches_itself(event, known):
            found[event.id] = "it is among its own causes"
        said.add(text)
    return found


def _reaches_itself(event: Event, known: Mapping[str, Event]) -> bool:
    todo, seen = list(event.caused_by), set[str]()
    while todo:
        cause = todo.pop()
        if cause == event.id:
            return True
        if cause not in seen and cause in known:
            seen.add(cause)
            todo.extend(known[cause].caused_by)
    return False


def connected(events: Sequence[Event]) -> list[Event]:
    """Return the events that have a cause or are one."""
    causes = {cause for event in events for cause in event.caused_by}
    return [event for event in events if event.caused_by or event.id in causes]


async def grow(steps: Steps, key: str, persona: Persona, calendar: Calendar, count: int) -> list[Event]:
    """Return at most `count` connected events without a fault, in the order of their days, with ids E1, E2, …

    Fewer, or none, where the model finds no more in as many steps as it is given.
    """
    events: list[Event] = []
    complaints: list[str] = []
    last_id = 0
    for round_ in range(1, most_requests(count) + 1):
        first = len(events) < FIRST_EVENTS and round_ <= ASKS
        wanted = min(AT_ONCE, (FIRST_EVENTS if first else count) - len(events))
        if wanted <= 0 or (not first and not events):
            break
        ids = [f"E{last_id + place}" for place in range(1, wanted + 1)]
        last_id += wanted
        name = f"events-{key}/{round_:02d}"
        proposed = await steps.ask(
            _step(steps, name, persona, calendar, _Round(first, events, ids, complaints)), asks=1
        )
        if proposed is None:
            complaints = ["They were not in the form that was asked for."]
        else:
            events, complaints = _standing(events, proposed, calendar)
    return _in_order(connected(events))


def _standing(events: list[Event], proposed: list[Event], calendar: Calendar) -> tuple[list[Event], list[str]]:
    """Return the events with the good ones of the proposed, and the reasons against the others."""
    complaints: list[str] = []
    while found := faults([*events, *proposed], calendar):
        bad = [event for event in proposed if event.id in found]
        complaints += [f'"{event.text}" on day {event.day}: {found[event.id]}' for event in bad]
        proposed = [event for event in proposed if event.id not in found]
    return [*events, *proposed], complaints


def _in_order(events: list[Event]) -> list[Event]:
    """Return events in the order of their days, causes before effects, with new ids."""
    depth: dict[str, int] = {}
    known = {event.id: event for event in events}

    def deep(event: Event) -> int:
        if event.id not in depth:
            depth[event.id] = 1 + max((deep(known[cause]) for cause in event.caused_by), default=0)
        return depth[event.id]

    ordered = sorted(events, key=lambda event: (event.day, deep(event)))
    places = {event.id: place for place, event in enumerate(ordered, start=1)}

    def named(ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(f"E{place}" for place in sorted(places[each] for each in ids))

    return [replace(event, id=f"E{places[event.id]}", caused_by=named(event.caused_by)) for event in ordered]


@dataclass(frozen=True, slots=True)
class _Round:
    """What one step asks for: the first events, or more that follow from those that there are."""

    first: bool
    events: list[Event]
    ids: list[str]
    """Of the events to come."""
    complaints: list[str]
    """Against what was proposed before."""

    def schema(self, calendar: Calendar) -> dict[str, Any]:
        """Return the schema. Where there are complaints it leaves no room for wrong causes: all of them are over."""
        fields: dict[str, Any] = {}
        earliest = 1
        if not self.first:
            known = [event.id for event in self.events]
            fields["caused_by"] = some_of(known if self.complaints else [*known, *self.ids], most=MOST_CAUSES)
            earliest = (max if self.complaints else min)(event.day for event in self.events)
        event = answer_schema(
            day={"type": "integer", "minimum": earliest, "maximum": calendar.days}, text=text_of(TEXT[1]), **fields
        )
        return answer_schema(
            events={"type": "array", "minItems": len(self.ids), "maxItems": len(self.ids), "items": event}
        )


def _step(steps: Steps, name: str, persona: Persona, calendar: Calendar, round_: _Round) -> Step[list[Event]]:
    fill, count = steps.prompts.fill, len(round_.ids)
    text = steps.one_of("event_examples", name, name=persona.name)
    if round_.first:
        shown = example(events=[{"day": steps.pick(name).randint(1, calendar.days), "text": text}])
        user = fill("events_first", name=persona.name, count=count, example=shown)
    else:
        lines = "\n".join(event_line(steps, event, calendar) for event in round_.events)
        last = max(round_.events, key=lambda event: event.day)
        shown = example(events=[{"day": last.day, "text": text, "caused_by": [last.id]}])
        user = fill("events_more", name=persona.name, count=count, events=lines, example=shown)
    if round_.complaints:
        user += "\n" + fill("events_complaints", reasons="\n".join(f"- {each}" for each in round_.complaints))

    def read(value: Any, last: bool) -> list[Event]:
        return [
            Event(
                id=event_id,
                day=int(event["day"]),  # 5.0 is an integer too
                text=cut(one_line(event["text"]), *TEXT),
                caused_by=() if round_.first else tuple(dict.fromkeys(map(one_line, event["caused_by"]))),
            )
            for event_id, event in zip(round_.ids, value["events"], strict=False)
        ]

    system = fill(
        "events_system",
        name=persona.name,
        persona=persona.summary,
        days=calendar.days,
        first_day=written_date(calendar.date(1)),
        last_day=written_date(calendar.date(calendar.days)),
    )
    return Step(name, system, user, round_.schema(calendar), read, max_tokens=250 * count)


def event_line(steps: Steps, event: Event, calendar: Calendar) -> str:
    """Return an event as prompts show it."""
    fill = steps.prompts.fill
    causes = fill("event_causes", ids=", ".join(event.caused_by)) if event.caused_by else ""
    date = written_date(calendar.date(event.day))
    return fill("event", id=event.id, day=event.day, date=date, causes=causes, text=event.text)
