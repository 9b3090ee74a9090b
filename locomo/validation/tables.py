"""Tables that rules are about: rows of plain values, each with the `file` it is from and an `id` to find it by.

Laying out is lenient where reading is strict: whatever can be wrong with one value is left to a rule, so that one run
names all that is wrong and not just the first of it. Columns named `unknown_…`, `missing_…` or `bad_…` are null where
all is well and hold what is wrong where not; columns named `expected_…` hold what another column must be equal to.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locomo.errors import InputError
from locomo.files import each_jsonl, read_json

if TYPE_CHECKING:
    import pandas

PARTIAL: Final = ".partial"
"""End of the names under which a stage writes what is not published yet."""

_LARGEST: Final = sys.float_info.max
_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
"""Control characters but tab and ends of lines, and characters of no width."""

_EMOJI: Final = re.compile("(?<=[\u2190-\uffff\U0001f000-\U0001faff])\u200d(?=[\u2190-\uffff\U0001f000-\U0001faff])")

Tables = dict[str, "pandas.DataFrame"]


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> pandas.DataFrame:
    """Return rows as a table of just these columns, values as they are; what a row lacks is null."""
    lists: dict[str, list[Any]] = {name: [] for name in columns}
    for row in rows:
        for name, values in lists.items():
            values.append(row.get(name))
    return frame(lists)


def frame(columns: dict[str, list[Any]]) -> pandas.DataFrame:
    """Return columns as a table, values as they are. Lists are taken out one by one, so that little is held twice."""
    import numpy as np
    import pandas

    names = list(columns)
    arrays = {name: np.fromiter(columns.pop(name), dtype=object) for name in names}
    return pandas.DataFrame(arrays, columns=names, dtype=object, copy=False)


def shown(path: Path) -> str:
    """Return a path as it will be once it is published."""
    return "/".join(part.removesuffix(PARTIAL) for part in path.parts).replace("//", "/")


def kind(value: Any) -> str:
    """Return what JSON calls a value: null, object, list, text, truth value or number."""
    names = {type(None): "null", dict: "object", list: "list", str: "text", bool: "truth value"}
    return names.get(type(value), "number")


def plain(value: Any) -> Any:
    """Return a value that rules can be applied to: Python takes true for 1, and pandas no number beyond a float."""
    if isinstance(value, int) and (isinstance(value, bool) or abs(value) > _LARGEST):
        return str(value).lower()
    return value


def number(value: Any) -> int | float | None:
    """Return the value if it is a number, else None: that it should have been one is a rule of its own."""
    fine = type(value) is float or (
        type(value) is int and abs(value) <= _LARGEST
    )  # as parsed: finite, and no truth value
    return value if fine else None


def as_list(value: Any) -> list[Any]:
    """Return a list as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def as_object(value: Any) -> dict[str, Any]:
    """Return an object as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def unseen(value: Any) -> str | None:
    """Return the first character of a text that nobody sees, as `U+200B`; None if there is none.

    A joiner between two others that are seen makes one emoji of several: it is left alone.
    """
    if not isinstance(value, str) or (value.isascii() and value.isprintable()):
        return None
    match = _UNSEEN.search(_EMOJI.sub("", value))
    return None if match is None else f"U+{ord(match[0]):04X}"


def few(values: Iterable[Any]) -> str | None:
    """Return the first of some values in one line; None if there are none."""
    found = list(dict.fromkeys(str(value) for value in values))
    return None if not found else ", ".join(found[:5]) + (", …" if len(found) > 5 else "")


def json_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read JSON lines as (row number, object), one by one; InputError naming the row that is broken or no object."""
    for at, row in each_jsonl(path):
        if not isinstance(row, dict):
            raise InputError(f"{path}, row {at}: found {kind(row)}, expected an object")
        yield at, row


def samples(path: Path) -> list[tuple[str, str | None, dict[str, Any]]]:
    """Read a folder of conversations, one conversation or a dataset: (file, what it must be called, sample).

    InputError if there is none, or if something there is no JSON object.
    """
    paths = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not paths:
        raise InputError(f"{path}: no conversations there; run `dvc repro` to make them")
    found = []
    for file in paths:
        data = read_json(file)
        for at, sample in enumerate(data if isinstance(data, list) else [data]):
            if not isinstance(sample, dict):
                raise InputError(f"{file}: [{at}]: found {kind(sample)}, expected a conversation (an object)")
            found.append((shown(file), file.stem if path.is_dir() else None, sample))
    return found
