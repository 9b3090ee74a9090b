"""`data/agents/<id>/`: who talked, what happened to them, how it was asked for, and the conversation to be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from locomo.files import pretty_json, write_text
from locomo.generation.agents import GENERATED, Agent, Generated
from locomo.generation.dates import Calendar, written_date
from locomo.generation.reading import reading_view


def write_agents(made: Generated, out: Path) -> None:
    """Write the folder of one conversation. Its agent_a.json and agent_b.json can be given to another generation."""
    folder = out / made.conversation.sample_id
    for agent in made.agents:
        files: dict[str, Any] = {
            f"agent_{agent.key}.json": {
                "name": agent.persona.name,
                "persona_summary": agent.persona.summary,
                "attributes": list(agent.persona.attributes),
            },
            f"events_{agent.key}.json": event_graph(agent, made.calendar),
            f"reflections_{agent.key}.json": {
                f"session_{number}_reflection": text for number, text in agent.reflections.items()
            },
        }
        for name, value in files.items():
            write_text(folder / name, pretty_json(value))
    steps = dict(sorted(made.steps.record.items()))
    asked: Mapping[str, Any] = {
        **made.conversation.extra[GENERATED],
        "revision": made.steps.client.provider.revision,
        "requests": sum(note["asked"] for note in steps.values()),
        "at_most": made.steps.bound,
        "steps": steps,
    }
    write_text(folder / "steps.json", pretty_json(asked))
    write_text(folder / "index.html", reading_view(made))


def event_graph(agent: Agent, calendar: Calendar) -> list[dict[str, Any]]:
    """Return the events of an agent as JSON values, dates as LoCoMo writes them."""
    return [
        {
            "id": event.id,
            "date": written_date(calendar.date(event.day)),
            "text": event.text,
            "caused_by": list(event.caused_by),
        }
        for event in agent.events
    ]
