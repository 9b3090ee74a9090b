"""Reading and writing files: canonical JSON, whole or not at all, and errors that name the place."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final, Never

import yaml

from locomo.errors import InputError

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text, without a byte order mark; InputError if it is missing or unreadable."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: is a folder, expected a file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: byte {error.start} is not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


class _TwiceError(Exception):
    """A key that an object has twice."""

    def __init__(self, key: str) -> None:
        self.key = key


class _NotFiniteError(Exception):
    """Something that JSON has no number for."""

    def __init__(self, token: str) -> None:
        self.token = token


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError(next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1))
    return found


def _refuse(token: str) -> Never:
    raise _NotFiniteError(token)


def _finite(token: str) -> float:
    return number if math.isfinite(number := float(token)) else _refuse(token)


# Made once: a file of many lines would make one for each.
_ANY: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
_UNIQUE: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, object_pairs_hook=_once)


def parse_json(text: str, where: str, *, unique: bool = False) -> Any:
    """Parse JSON; InputError with line and column, and a guess at truncation, if it is broken.

    NaN, infinities and halves of characters, which Python's parser lets through, could not be written back: refused.
    So are, if `unique`, objects with a key twice, of which Python's parser keeps the last and others the first.
    """

    try:
        value = (_UNIQUE if unique else _ANY).decode(text)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except _TwiceError as error:
        raise InputError(f"{where}: an object has the key {error.key!r} twice; keep one of the two") from None
    except _NotFiniteError as error:
        line, column = _place(text, error.token)
        message = f"{where}: line {line}, column {column}: found {error.token}, expected a finite number"
        raise InputError(message) from None
    except json.JSONDecodeError as error:
        ends = text[error.pos :].strip() == "" or error.msg.startswith("Unterminated")
        hint = " (the file seems to be cut off: fetch it again)" if ends else ""
        raise InputError(
            f"{where}: line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}{hint}"
        ) from None
    except UnicodeEncodeError as error:
        half = f"\\u{ord(error.object[error.start]):04x}"
        raise InputError(f"{where}: found {half} without its other half, expected whole characters") from None
    except (RecursionError, ValueError) as error:
        raise InputError(f"{where}: cannot be read as JSON: {error}") from None


def _place(text: str, token: str) -> tuple[int, int]:
    """Return line and column of a token outside of strings."""
    strings_or_tokens = re.finditer(rf'"(?:[^"\\]|\\.)*"|(?<![\w.-]){re.escape(token)}', text)
    start = next((match.start() for match in strings_or_tokens if match[0] == token), 0)
    return text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)


def read_json(path: Path) -> Any:
    """Read a JSON file; InputError if it is missing, unreadable or broken, or has a key twice in one object."""
    return parse_json(read_text(path), str(path), unique=True)


def read_jsonl(path: Path) -> list[tuple[int, Any]]:
    """Read JSON lines as (line number, value) pairs, skipping blank lines; InputError naming the broken line."""
    return list(each_jsonl(path))


def each_jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield what `read_jsonl` returns, line by line, so that a file of any size can be read."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, parse_json(line.rstrip("\n"), f"{path}, row {number}", unique=True)
    except (OSError, UnicodeDecodeError):
        read_text(path)  # which says what is wrong
        raise


_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where PyYAML was built with it: ten times as fast, with the same result."""


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML; InputError with line and column if it is broken."""
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506  (either one is safe)
    except yaml.YAMLError:
        pass  # the loader in Python says more clearly what is wrong
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputError(f"{where}: {place}not valid YAML: {getattr(error, 'problem', error)}") from None


def canonical_json(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN. Fit for hashing."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def pretty_json(value: Any) -> str:
    """Return JSON for people and diffs: indented, keys in the order given, no NaN."""
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def table_json(value: Any, *, indent: str = "") -> str:
    """Return JSON like `pretty_json`, but with each innermost object on one line."""
    if not isinstance(value, dict) or not any(isinstance(inner, dict) for inner in value.values()):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    deeper = indent + "  "
    members = (f"{deeper}{json.dumps(name)}: {table_json(inner, indent=deeper)}" for name, inner in value.items())
    return "{\n" + ",\n".join(members) + f"\n{indent}}}" + ("" if indent else "\n")


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: through a neighbour that is renamed over it."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all (see `write_text`). A device, such as /dev/stdout, is written to as it is."""
    with _whole(path) as file:
        file.write(data)


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Write a text piece by piece, each as it comes; the file whole or not at all (see `write_text`)."""
    with _whole(path) as file:
        for piece in pieces:
            file.write(piece.encode())


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON object a line, each as it comes; the file whole or not at all."""
    write_pieces(path, map(json_line, rows))


def json_line(row: Any) -> str:
    """Return an object as a line of a file of JSON lines."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Open a file that is there once all is written."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        with partial.open("wb") as file:
            yield file
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def full_disk(error: BaseException) -> str | None:
    """Return in a line that there is no room left, and what to do; None for any other error."""
    if not isinstance(error, OSError) or error.errno not in _NO_ROOM:
        return None
    place = f"{error.filename}: " if error.filename else ""
    return (
        f"{place}no room left to write ({error.strerror}): make some (`locomo doctor` says how much there is, `dvc gc "
        "--workspace` drops results of old runs), then run again"
    )


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
