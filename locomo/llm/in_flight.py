"""Calls that are under way, noted on disk before they are sent: what a killed run had sent is booked by the next one.

Each process that sends has a file of its own beside the journal, and holds its lock while it lives. A line is written
before a call is sent, another one where it ended without a bill; a call that is billed has its line in the journal.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from filelock import FileLock, Timeout


def folder_of(journal: Path) -> Path:
    """Return the folder with the files of a journal's processes."""
    return journal.with_suffix(".sent")


class InFlight:
    """What one process has sent and does not know the end of. A kill loses no line that was written; lost power may."""

    def __init__(self, journal: Path) -> None:
        self._folder = folder_of(journal)
        self._name = secrets.token_hex(8)
        self._count = 0
        self._open: set[str] = set()
        self._file: TextIO | None = None
        self._lock: FileLock | None = None

    def sent(self, entry: dict[str, Any]) -> str:
        """Note a call that is about to be sent, with the line that stands for it in the journal; return its name."""
        self._count += 1
        call = f"{self._name}-{self._count}"
        self._open.add(call)
        self._write({"call": call, **entry})
        return call

    def ended(self, call: str, *, billed: bool) -> None:
        """Note the end of a call; of one that is billed, the journal tells."""
        self._open.discard(call)
        if not billed:
            self._write({"call": call, "free": True})

    def close(self) -> None:
        """Close the file, which goes unless a call's end is not known; the next call opens it again."""
        if self._file is None or self._lock is None or self._open:
            return
        self._file.close()
        self._file = None
        _remove(self._folder / f"{self._name}.jsonl")
        _release(self._lock)

    def _write(self, line: dict[str, Any]) -> None:
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{self._name}.jsonl"
            self._lock = _lock_of(path)
            self._lock.acquire()
            self._file = path.open("a", encoding="utf-8", buffering=1)
        self._file.write(json.dumps(line) + "\n")


def take_lost(journal: Path) -> list[dict[str, Any]]:
    """Return the lines of calls that dead processes had under way, add them to the journal, and forget the files."""
    lost: list[dict[str, Any]] = []
    for path in sorted(folder_of(journal).glob("*.jsonl")):
        lock = _lock_of(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:  # it lives
            continue
        try:
            if path.is_file():
                lines = list(_unbilled(path, journal))
                _add(journal, lines)
                _remove(path)
                lost += lines
        finally:
            _release(lock)
    return lost


def _unbilled(path: Path, journal: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of calls that have neither ended for free nor stand in the journal."""
    noted = list(_lines(path))
    free = {line["call"] for line in noted if line.get("free")}
    billed = {line.get("call") for line in _lines(journal)}
    yield from (line for line in noted if "model" in line and line["call"] not in free | billed)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a file; half a line, which a kill may leave, is none."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as file:
        for text in file:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


def _add(journal: Path, lines: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    if text:
        with journal.open("a", encoding="utf-8") as file:
            file.write(text)


def _lock_of(path: Path) -> FileLock:
    return FileLock(path.with_suffix(".lock"), thread_local=False)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _release(lock: FileLock) -> None:
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
