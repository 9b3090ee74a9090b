"""Tables of facts as YAML files: one comes with this package, a project lays one of its own over it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from locomo.errors import InputError
from locomo.files import parse_yaml, read_text

Table = TypeVar("Table", bound=BaseModel)


def read_tables(kind: type[Table], name: str) -> list[Table]:
    """Return our `<name>` and, if the current folder has one, the project's own; InputError names what is wrong."""
    ours = parse_table(kind, files("locomo.llm").joinpath(name).read_text(encoding="utf-8"), f"locomo/llm/{name}")
    own = Path(name)
    return [ours, parse_table(kind, read_text(own), name)] if own.is_file() else [ours]


def parse_table(kind: type[Table], text: str, where: str) -> Table:
    """Read a table from its text; InputError names the place and what was found."""
    try:
        return kind.model_validate(parse_yaml(text, where) or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = " → ".join(map(str, first["loc"]))
        raise InputError(f"{where}: {place}: found {first['input']!r}; {first['msg']}") from None
