"""Significant events in the lives of the two speakers: gold ones, and those that a model has found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator

from locomo.schema.prediction import Usage


class Event(BaseModel):
    """One event in a sentence. `date` is in the words of whoever wrote it; None where nobody names one."""

    model_config = ConfigDict(frozen=True)

    text: str
    date: str | None = None


class EventRow(BaseModel):
    """A row of `data/predictions/events.jsonl`: what one call found; (sample_id, configuration, session) is unique."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    way: str = "given"
    """How the model was asked: 'incremental', 'whole', 'retrieved'; 'given' for a file of somebody else's."""
    unit: str | None = None
    """What was retrieved: a kind of unit, or the name of a memory system."""
    k: int | None = None
    session: int | None = None
    """The session whose events these are; None: all of the conversation."""
    events: dict[str, list[Event]]
    """By speaker, in the model's order. Empty lists if the call failed permanently (see `error`)."""
    raw: str | None = None
    """The model's unparsed answer."""
    model: str = "unknown"
    usage: Usage = Usage()
    request: str = ""
    """The call's key in the request cache."""
    error: str | None = None

    @field_validator("events", mode="before")
    @classmethod
    def _plain_texts(cls, value: Any) -> Any:
        """Take sentences in place of events."""
        if not isinstance(value, Mapping):
            return value
        return {
            speaker: [{"text": each} if isinstance(each, str) else each for each in events]
            if isinstance(events, list)
            else events
            for speaker, events in value.items()
        }

    @property
    def configuration(self) -> str:
        """How it was asked for in one word: 'incremental', 'whole', 'observation_k10'."""
        return self.way if self.unit is None else f"{self.unit}_k{self.k}"
