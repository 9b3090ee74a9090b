"""Event graphs: what cannot stand is found, and asked for again with the reason."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from stage_door import Actor

from locomo import prompts
from locomo.generation.dates import Calendar
from locomo.generation.events import Event, connected, faults, grow, most_requests
from locomo.generation.personas import Persona
from locomo.generation.step import Steps
from locomo.llm import Client, RequestCache

CALENDAR = Calendar(date(2023, 3, 1), 30)
BEES = Event("E1", 3, "Nora buys her bees.")


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (Event("E2", 0, "Nora sells her honey.", ("E1",)), "day 0 is not between 1 and 30"),
        (Event("E2", 31, "Nora sells her honey.", ("E1",)), "day 31 is not between 1 and 30"),
        (Event("E2", 10**40, "Nora sells her honey.", ("E1",)), "is not between 1 and 30"),
        (Event("E2", 2, "Nora sells her honey.", ("E1",)), "its cause E1 comes later than itself"),
        (Event("E2", 5, "Nora sells her honey.", ("E9",)), "there is no event E9 to cause it"),
        (Event("E2", 5, "Nora sells her honey.", ("E2",)), "it is among its own causes"),
        (Event("E2", 5, "… !", ("E1",)), "it says too little"),
        (Event("E2", 5, "nora buys HER bees.", ("E1",)), "it says the same as another event"),
    ],
)
def test_what_cannot_stand_is_found(event: Event, reason: str) -> None:
    found = faults([BEES, event], CALENDAR)
    assert list(found) == ["E2"]
    assert reason in found["E2"]


def test_a_circle_of_causes_is_found_and_what_only_follows_from_it_is_not() -> None:
    circle = [Event(f"E{n}", 5, f"Event number {n} happens.", (f"E{n % 3 + 1}",)) for n in (1, 2, 3)]
    follower = Event("E4", 6, "A consequence of it all.", ("E1",))
    assert set(faults([*circle, follower], CALENDAR)) == {"E1", "E2", "E3"}


def test_a_good_graph_has_no_faults_and_same_day_causes_are_fine() -> None:
    events = [BEES, Event("E2", 3, "The bees swarm.", ("E1",)), Event("E3", 30, "Nora moves away.", ("E1", "E2"))]
    assert faults(events, CALENDAR) == {}


def test_events_without_a_link_are_dropped() -> None:
    swarm = Event("E3", 4, "The bees swarm.", ("E1",))
    assert connected([BEES, Event("E2", 9, "Nora has a cold."), swarm]) == [BEES, swarm]


def grown(actor: Actor, folder: Path, count: int = 6) -> tuple[list[Event], Steps]:
    client = Client(actor, RequestCache(folder))
    steps = Steps(client, prompts.load("generate"), "gen-0-1", 0, most_requests(count))
    try:
        return asyncio.run(grow(steps, "a", Persona("Nora", "Nora keeps bees."), CALENDAR, count)), steps
    finally:
        client.cache.close()


def numbered(value: Any, step: str) -> Any:
    """Good events: each of its own words, the causes being the first that are known."""
    for place, event in enumerate(value["events"]):
        event["text"] = f"In step {step} the event {place} happens."
        event["day"] = 10 + int(step.split("/")[-2])
        if "caused_by" in event:
            event["caused_by"] = ["E1"]
    return value


def test_a_graph_is_grown_in_steps_and_numbered_in_the_order_of_its_days(tmp_path: Path) -> None:
    events, steps = grown(Actor(numbered), tmp_path, 9)
    assert [event.id for event in events] == [f"E{n}" for n in range(1, len(events) + 1)]
    assert len(events) == 7  # two of the first three have led to nothing
    assert [event.day for event in events] == sorted(event.day for event in events)
    assert faults(events, CALENDAR) == {}
    assert steps.asked == 3


def test_offending_events_are_asked_for_again_with_the_reason(tmp_path: Path) -> None:
    def twist(value: Any, step: str) -> Any:
        value = numbered(value, step)
        if "/02/" in step:
            value["events"][0]["caused_by"] = ["E77"]
            value["events"][1]["day"] = 99
        return value

    actor = Actor(twist)
    events, _ = grown(actor, tmp_path)
    again = actor.calls[2].messages[-1].content
    assert "there is no event E77 to cause it" in again
    assert "day 99 is not between 1 and 30" in again
    assert '"maxItems":2' in again  # the good one of the three was kept
    assert len(events) == 4
    assert faults(events, CALENDAR) == {}


@pytest.mark.parametrize("bad", ["cycle", "later", "unknown", "outside", "nothing", "no json"])
def test_a_model_that_never_learns_is_given_up_within_the_bound(bad: str, tmp_path: Path) -> None:
    def twist(value: Any, step: str) -> Any:
        ids = told_ids(value)
        for place, event in enumerate(value["events"]):
            event["text"] = "" if bad == "nothing" else f"{step} {place} happens now"
            event["day"] = 31 if bad == "outside" else 1 if "caused_by" in event and bad == "later" else 20
            if "caused_by" in event:
                event["caused_by"] = {"cycle": ids, "unknown": ["X"]}.get(bad, ["E1"])
        return "I would rather not." if bad == "no json" else value

    def told_ids(value: Any) -> list[str]:
        return [f"E{n}" for n in range(4, 13)]

    events, steps = grown(Actor(twist), tmp_path)
    assert events == []
    assert steps.asked <= most_requests(6) == 6
