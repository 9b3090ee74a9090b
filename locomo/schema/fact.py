"""Facts that lists of events were split into, and what a judge says of them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """A row of data/scores/event_facts.jsonl."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    configuration: str
    speaker: str
    side: Literal["predicted", "gold"]
    """Whose fact it is: it is held against the list of the other side."""
    fact: str
    supported: bool | None
    """None where the judge gave no verdict (see `error`)."""
    error: str | None = None
