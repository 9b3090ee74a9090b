"""Reading and writing files: canonical JSON, whole or not at all, and errors that name the place."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Never

import yaml

from locomo.errors import InputError


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


def parse_json(text: str, where: str) -> Any:
    """Parse JSON; InputError with line and column, and a guess at truncation, if it is broken.

    NaN, infinities and halves of characters, which Python's parser lets through, could not be written back: refused.
    """

    def refuse(token: str) -> Never:
        strings_or_tokens = re.finditer(rf'"(?:[^"\\]|\\.)*"|(?<![\w.-]){re.escape(token)}', text)
        start = next((match.start() for match in strings_or_tokens if match[0] == token), 0)
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        raise InputError(f"{where}: line {line}, column {column}: found {token}, expected a finite number")

    def finite(token: str) -> float:
        return number if math.isfinite(number := float(token)) else refuse(token)

    try:
        value = json.loads(text, parse_constant=refuse, parse_float=finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
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


def read_json(path: Path) -> Any:
    """Read a JSON file; InputError if it is missing, unreadable or broken."""
    return parse_json(read_text(path), str(path))


def read_jsonl(path: Path) -> list[tuple[int, Any]]:
    """Read JSON lines as (line number, value) pairs, skipping blank lines; InputError naming the broken line."""
    return [
        (number, parse_json(line, f"{path}, row {number}"))
        for number, line in enumerate(read_text(path).split("\n"), start=1)
        if line.strip()
    ]


def parse_yaml(text: str, where: str) -> Any:
    """Parse YAML; InputError with line and column if it is broken."""
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
    """Write a file whole or not at all (see `write_text`)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_jsonl(path: Path, rows: Iterable[Any]) -> None:
    """Write one JSON object a line."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows))


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
