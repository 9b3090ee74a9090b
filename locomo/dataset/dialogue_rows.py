"""Turns that models have written, on disk: JSON lines."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from locomo.errors import InputError
from locomo.files import read_jsonl, write_jsonl
from locomo.schema.dialogue import DialogueRow


def write_dialogue_rows(path: Path, rows: Iterable[DialogueRow]) -> None:
    """Write rows in the order given."""
    write_jsonl(path, (row.model_dump() for row in rows))


def read_dialogue_rows(path: Path) -> list[DialogueRow]:
    """Read rows of the stage `dialogue`, or of somebody else; InputError names the row and the field that is wrong.

    `sample_id`, `turn` and `prediction` are needed; `photo` is what is on a photo that is shared with the turn.
    """
    rows = []
    for number, value in read_jsonl(path):
        try:
            rows.append(DialogueRow.model_validate(value))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{path}, row {number}: {place}: {first['msg']}") from None
    return rows
