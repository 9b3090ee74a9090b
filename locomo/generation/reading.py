"""A generated conversation as one HTML file for people: the persons, their events, every session, the notes."""

from __future__ import annotations

import base64
import mimetypes
from pathlib import Path
from typing import Any

from locomo.generation.agents import GENERATED, Agent, Generated
from locomo.generation.dates import written_date
from locomo.pages import templates
from locomo.schema import Turn, category_name


def reading_view(made: Generated) -> str:
    """Return the page. Pictures that are files here are put into it; what lies on the web is linked, never loaded."""
    conversation = made.conversation
    observed = {
        session.number: [each for each in conversation.observations if each.session == session.number]
        for session in conversation.sessions
    }
    return (
        templates("locomo.generation")
        .get_template("reading.html")
        .render(
            conversation=conversation,
            generated=conversation.extra[GENERATED],
            agents=[_agent(agent, made) for agent in made.agents],
            observed=observed,
            category_name=category_name,
            pictures={turn.dia_id: _pictures(turn) for turn in conversation.turns if turn.shares_image},
        )
    )


def _agent(agent: Agent, made: Generated) -> dict[str, Any]:
    return {
        "persona": agent.persona,
        "events": [{"event": event, "date": written_date(made.calendar.date(event.day))} for event in agent.events],
        "reflections": agent.reflections,
    }


def _pictures(turn: Turn) -> list[dict[str, str]]:
    """Return the pictures of a turn: `data` to be shown, or a `link` to be followed."""
    return [_picture(link) for link in turn.img_url or ()]


def _picture(link: str) -> dict[str, str]:
    path = Path(link)
    kind = mimetypes.guess_type(path.name)[0] or ""
    if "://" not in link and kind.startswith("image/") and path.is_file():
        return {"data": f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"}
    return {"link": link} if link.startswith(("https://", "http://")) else {"missing": link}
