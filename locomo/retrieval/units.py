"""What can be retrieved: turns (dialog), observations, session summaries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation


@dataclass(frozen=True, slots=True)
class Unit:
    """One thing that can be retrieved."""

    ids: tuple[str, ...]
    """What it stands for in a prediction's `context_ids`: turns (`D3:7`), or a session's summary (`S3`)."""
    session: int
    speaker: str | None
    text: str
    """What is shown to the model."""
    key: str
    """What is embedded."""


def _dialog(conversation: Conversation) -> list[Unit]:
    units = []
    for session in conversation.sessions:
        for turn in session.turns:
            text = turn.text_with_caption
            units.append(Unit((turn.dia_id,), session.number, turn.speaker, text, f"{turn.speaker}: {text}"))
    return units


def _observation(conversation: Conversation) -> list[Unit]:
    return [
        Unit(observation.dia_ids, observation.session, observation.speaker, observation.text, observation.text)
        for observation in conversation.observations
    ]


def _summary(conversation: Conversation) -> list[Unit]:
    return [Unit((f"S{number}",), number, None, text, text) for number, text in conversation.summaries.items()]


UNITS: Final[dict[str, Callable[[Conversation], list[Unit]]]] = {
    "dialog": _dialog,
    "observation": _observation,
    "summary": _summary,
}


def check_unit(name: str) -> str:
    """Return the name of a unit; InputError for an unknown one."""
    if name not in UNITS:
        raise InputError(f"unit '{name}': expected one of {', '.join(UNITS)}{did_you_mean(name, UNITS)}")
    return name
