"""Predictions on disk: JSON lines, one row an answer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from locomo.dataset.rows import read_rows, row_of
from locomo.files import write_jsonl
from locomo.schema import Prediction


def write_predictions(path: Path, rows: Iterable[Prediction]) -> None:
    """Write rows in the order given; without `choice` where there was none."""
    write_jsonl(path, (row.model_dump(exclude=None if row.choice else {"choice"}) for row in rows))


def read_predictions(path: Path) -> list[Prediction]:
    """Read rows as the qa and rag stages write them; InputError names the row and the field that is wrong."""
    return read_rows(Prediction, path)


def prediction_of(value: Any, where: str) -> Prediction:
    """Return a full row; InputError, starting with `where`, names the field that is wrong."""
    return row_of(Prediction, value, where)
