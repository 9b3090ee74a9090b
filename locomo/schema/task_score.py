"""What one piece of a model's work in the tasks `events` and `dialogue` earned."""

from __future__ import annotations

from locomo.schema.row import Repeated, Row


class TaskScore(Row):
    """A row of data/scores/events.jsonl or dialogue.jsonl. (sample_id, configuration, part, place) is unique."""

    sample_id: Repeated
    configuration: Repeated
    part: Repeated
    """What it is counted among: 'conversation' or 'session' (events), 'turns' (dialogue)."""
    place: str
    """A speaker ('Ruth'), a speaker in a session ('S3 Ruth'), a turn ('D3:7')."""
    values: dict[str, float]
    """By the metric's public name; a metric that does not apply is left out."""
    error: str | None = None
