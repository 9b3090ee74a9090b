"""Turns that models have written, on disk: JSON lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from locomo.dataset.rows import read_rows
from locomo.files import write_jsonl
from locomo.schema.dialogue import DialogueRow


def write_dialogue_rows(path: Path, rows: Iterable[DialogueRow]) -> None:
    """Write rows in the order given."""
    write_jsonl(path, (row.model_dump() for row in rows))


def read_dialogue_rows(path: Path) -> list[DialogueRow]:
    """Read rows of the stage `dialogue`, or of somebody else; InputError names the row and the field that is wrong.

    `sample_id`, `turn` and `prediction` are needed; `photo` is what is on a photo that is shared with the turn.
    """
    return read_rows(DialogueRow, path)
