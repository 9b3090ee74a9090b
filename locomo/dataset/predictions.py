"""Predictions on disk: JSON lines, one row an answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from locomo.errors import InputError
from locomo.files import read_jsonl, write_jsonl
from locomo.schema import Prediction


def write_predictions(path: Path, rows: Iterable[Prediction]) -> None:
    """Write rows in the order given; without `choice` where there was none."""
    write_jsonl(path, (row.model_dump(exclude=None if row.choice else {"choice"}) for row in rows))


def read_predictions(path: Path) -> list[Prediction]:
    """Read rows as the qa and rag stages write them; InputError names the row and the field that is wrong."""
    return [prediction_of(value, f"{path}, row {number}") for number, value in read_jsonl(path)]


def prediction_of(value: Any, where: str) -> Prediction:
    """Return a full row; InputError, starting with `where`, names the field that is wrong."""
    try:
        return Prediction.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {place}: {first['msg']}") from None
