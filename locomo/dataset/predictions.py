"""Predictions on disk: JSON lines, one row an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from locomo.dataset.rows import each_row, row_of
from locomo.files import json_line, write_jsonl
from locomo.schema import Prediction


def write_predictions(path: Path, rows: Iterable[Prediction]) -> None:
    """Write rows in the order given; without `choice` where there was none."""
    write_jsonl(path, map(_values, rows))


@contextmanager
def keeping_predictions(path: Path) -> Iterator[Callable[[Prediction], None]]:
    """Let rows be written one by one as they come, so that none is held; the file is whole where this ends well."""
    with path.open("w", encoding="utf-8", newline="") as file:

        def keep(row: Prediction) -> None:
            file.write(json_line(_values(row)))

        yield keep


def read_predictions(path: Path) -> list[Prediction]:
    """Read rows as the qa and rag stages write them; InputError names the row and the field that is wrong."""
    return list(each_prediction(path))


def each_prediction(path: Path) -> Iterator[Prediction]:
    """Yield what `read_predictions` returns, row by row."""
    return each_row(Prediction, path)


@dataclass(frozen=True, slots=True)
class StoredPredictions:
    """The rows of files, which are read each time that one goes through them: none is held."""

    paths: Sequence[Path]

    def __iter__(self) -> Iterator[Prediction]:
        """See `each_prediction`."""
        return chain.from_iterable(map(each_prediction, self.paths))


def _values(row: Prediction) -> dict[str, Any]:
    return row.model_dump(exclude=None if row.choice else {"choice"})


def prediction_of(value: Any, where: str) -> Prediction:
    """Return a full row; InputError, starting with `where`, names the field that is wrong."""
    return row_of(Prediction, value, where)
