"""The significant events that a dataset's annotation `event_summary` names, by session and speaker."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from locomo.schema import Conversation

_KEY: Final = re.compile(r"events_session_(\d+)")


@dataclass(frozen=True, slots=True)
class GoldEvent:
    """One annotated event."""

    session: int
    """The first session after it: both speakers tell there what has happened since the last one."""
    speaker: str
    text: str
    date: str | None
    """The day of the session, as the annotation has it: '8 May, 2023'."""


def gold_events(conversation: Conversation) -> list[GoldEvent]:
    """Return the annotated events in the order of their sessions; empty where a dataset has none.

    Empty sentences are passed over, and so are lists of names that are not a speaker's.
    """
    sessions = {}
    for key, entry in conversation.raw_event_summary.items():
        match = _KEY.fullmatch(key)
        if match and isinstance(entry, dict):
            sessions[int(match[1])] = entry
    dates = {session.number: session.date for session in conversation.sessions}
    return [
        GoldEvent(number, speaker, text.strip(), str(entry.get("date") or dates.get(number) or "") or None)
        for number, entry in sorted(sessions.items())
        for speaker in (conversation.speaker_a, conversation.speaker_b)
        for text in entry.get(speaker) or ()
        if isinstance(text, str) and text.strip()
    ]
