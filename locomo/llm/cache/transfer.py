"""Passing answers on in a file: JSON lines, the same bytes from every backend."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from locomo.errors import InputError
from locomo.files import canonical_json, parse_json
from locomo.llm.cache.backend import Backend
from locomo.llm.cache.entry import Entry, Refusal, check_key, read_entry, read_found

PARTS = ("request", "response", "refusal")
"""Of an entry, beside its key."""
_BATCH = 200
"""Entries that are written in one go."""


@dataclass(slots=True)
class Imported:
    """What became of the lines of a file."""

    new: int = 0
    same: int = 0
    """Those that were there with the same answer."""
    different: int = 0
    """Those that were there with another answer, which stays."""


def export_entries(entries: Iterable[Entry], path: Path) -> int:
    """Write entries, one a line, to a file that appears whole or not at all; return how many. InputError if it cannot
    be written."""
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    count = 0
    try:
        try:
            with partial.open("w", encoding="utf-8", newline="\n") as file:
                for count, entry in enumerate(entries, start=1):  # noqa: B007
                    file.write(canonical_json(entry.fields) + "\n")
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    return count


def import_entries(path: Path, backend: Backend) -> Imported:
    """Add the entries of an exported file. What is there stays as it is.

    InputError naming the first bad line, before anything is written.
    """
    for _ in _read_lines(path):
        pass
    imported = Imported()
    batch: list[Entry] = []
    for entry in _read_lines(path):
        batch.append(entry)
        if len(batch) == _BATCH:
            _add(batch, backend, imported)
            batch = []
    _add(batch, backend, imported)
    return imported


def _add(batch: list[Entry], backend: Backend, imported: Imported) -> None:
    added = backend.add([(entry.key, entry.text) for entry in batch])
    imported.new += len(added)
    for entry in batch:
        if entry.key in added:
            added.discard(entry.key)  # a second line of the same key is not new
            continue
        there = backend.get(entry.key)
        imported.different += there is not None and not _alike(there, entry, f"{backend.location}: entry {entry.key}")
        imported.same += there is None or _alike(there, entry, f"{backend.location}: entry {entry.key}")


def _alike(text: str, entry: Entry, where: str) -> bool:
    """Whether what is stored says the same as an entry."""
    found = read_found(text, where)
    if isinstance(found, Refusal):
        return entry.refusal is not None and entry.refusal["reason"] == found.reason
    return entry.response is not None and entry.response["text"] == found.text


def _read_lines(path: Path) -> Iterator[Entry]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _read_line(line, f"{path}, line {number}")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _read_line(line: bytes, where: str) -> Entry:
    try:
        value = parse_json(line.decode(), where)
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: byte {error.start} is not UTF-8 text") from None
    if not isinstance(value, dict) or not isinstance(key := value.get("key"), str):
        raise InputError(f"{where}: expected an object with key, request and response, as `locomo cache export` writes")
    entry = read_entry(key, canonical_json({name: value[name] for name in PARTS if name in value}), where)
    check_key(entry, where)
    return entry
