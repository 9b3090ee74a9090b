"""Whether a written turn fits what is known of its speaker, as a judge says."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from locomo.schema.prediction import Usage

Consistency = Literal["consistent", "contradicts", "neither"]


class PersonaVerdict(BaseModel):
    """A row of data/scores/dialogue_persona.jsonl."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    configuration: str
    turn: str
    """Its `dia_id`."""
    verdict: Consistency | None
    """None where the judge gave no verdict (see `error`)."""
    error: str | None = None
    usage: Usage = Usage()
    """What it takes when it is not cached."""
