"""Rows of JSON lines as objects of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from locomo.errors import InputError
from locomo.files import each_jsonl

Row = TypeVar("Row", bound=BaseModel)


def row_of(kind: type[Row], value: Any, where: str) -> Row:
    """Return a row; InputError, starting with `where`, names the field that is wrong."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: {place}: {first['msg']}") from None


def read_rows(kind: type[Row], path: Path) -> list[Row]:
    """Read a file of rows; InputError names the row and the field that is wrong."""
    return list(each_row(kind, path))


def each_row(kind: type[Row], path: Path) -> Iterator[Row]:
    """Yield what `read_rows` returns, row by row."""
    for number, value in each_jsonl(path):
        yield row_of(kind, value, f"{path}, row {number}")
