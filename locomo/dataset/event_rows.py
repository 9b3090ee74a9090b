"""Summaries of events on disk: JSON lines, one row a call."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from locomo.dataset.rows import read_rows
from locomo.files import write_jsonl
from locomo.schema.event import EventRow


def write_event_rows(path: Path, rows: Iterable[EventRow]) -> None:
    """Write rows in the order given."""
    write_jsonl(path, (row.model_dump() for row in rows))


def read_event_rows(path: Path) -> list[EventRow]:
    """Read rows of the stage `events`, or of somebody else; InputError names the row and the field that is wrong.

    `sample_id` and `events` are needed: {speaker: [sentences, or objects of `text` and `date`]}.
    """
    return read_rows(EventRow, path)
