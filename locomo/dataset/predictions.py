"""Predictions on disk: JSON lines, one row an answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from locomo.errors import InputError
from locomo.files import read_jsonl, write_jsonl
from locomo.schema import Prediction


def write_predictions(path: Path, rows: Iterable[Prediction]) -> None:
    """Write rows in the order given; without `choice` where there was none."""
    write_jsonl(path, (row.model_dump(exclude=None if row.choice else {"choice"}) for row in rows))


def read_predictions(path: Path) -> list[Prediction]:
    """Read rows as the qa and rag stages write them; InputError names the row and the field that is wrong."""
    rows = []
    for number, value in read_jsonl(path):
        try:
            rows.append(Prediction.model_validate(value))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise InputError(f"{path}, row {number}: {place}: {first['msg']}") from None
    return rows
