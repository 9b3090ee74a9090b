"""What one piece of a model's work in the tasks `events` and `dialogue` earned."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class TaskScore(BaseModel):
    """A row of data/scores/events.jsonl or dialogue.jsonl. (sample_id, configuration, part, place) is unique."""

    model_config = ConfigDict(frozen=True)

    sample_id: str
    configuration: str
    part: str
    """What it is counted among: 'conversation' or 'session' (events), 'turns' (dialogue)."""
    place: str
    """A speaker ('Ruth'), a speaker in a session ('S3 Ruth'), a turn ('D3:7')."""
    values: dict[str, float]
    """By the metric's public name; a metric that does not apply is left out."""
    error: str | None = None
