"""What passes between the pipeline and a memory system: sessions to add, questions, and what was found."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from locomo.schema import Conversation, Session

PROTOCOL: Final = 1
"""The version of the protocol."""


class Found(BaseModel):
    """A memory that a search returned."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(min_length=1)
    """What is shown to the model that answers."""
    dia_ids: tuple[str, ...] = ()
    """The turns that it comes from; empty where the system does not keep track of them."""
    score: float | None = None
    """The system's own, comparable within one question only."""
    date: str | None = None
    """When it was said or happened, in the system's words; shown before the text."""

    @property
    def shown(self) -> str:
        """The text with its date, as the model sees it."""
        return f"({self.date}) {self.text}" if self.date else self.text


def session_message(session: Session) -> dict[str, Any]:
    """Return a session as `add` sends it."""
    return {
        "number": session.number,
        "date": iso_date(session.date_time),
        "date_text": session.date_time,
        "turns": [
            {"dia_id": turn.dia_id, "speaker": turn.speaker, "text": turn.text, "caption": turn.blip_caption}
            for turn in session.turns
        ],
    }


def iso_date(date_time: str) -> str | None:
    """Return '2023-05-08T13:56:00' for '1:56 pm on 8 May, 2023'; None for a date in another form."""
    try:
        return datetime.strptime(date_time, "%I:%M %p on %d %B, %Y").isoformat()
    except ValueError:
        return None


def speakers(conversation: Conversation) -> list[str]:
    """Return both speakers' names."""
    return [conversation.speaker_a, conversation.speaker_b]


def read_found(hits: Any, known: set[str]) -> list[Found]:
    """Return what a search found; ValueError for what is no list of memories, or cites turns that do not exist."""
    if not isinstance(hits, list):
        raise ValueError(f"a search returned {_short(hits)}, expected a list of memories")
    found = []
    for place, hit in enumerate(hits):
        try:
            memory = Found.model_validate(hit)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(map(str, first["loc"])) or "it"
            raise ValueError(f"memory {place} of a search: {field}: {first['msg']} (found {_short(hit)})") from None
        if unknown := [dia_id for dia_id in memory.dia_ids if dia_id not in known]:
            raise ValueError(
                f"memory {place} of a search cites the turn '{unknown[0]}', which is not in the conversation: "
                f"{_short(memory.text)}"
            )
        found.append(memory)
    return found


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
