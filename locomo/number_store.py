"""Numbers that were computed once, kept on disk for every run after: vectors by key in one SQLite database."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from locomo.errors import InputError

_BATCH: Final = 500
"""Keys of one query; SQLite takes 999 at least."""
_KEPT: Final = 0.9
"""Share of the limit that is left once something had to go, so that not every addition has to make room."""

Numbers = NDArray[Any]


class NumberStore:
    """Vectors of one type by key, shared by any number of processes; what is there first stays.

    `limit` bounds the bytes in use. Beyond it, vectors are dropped, whichever: they can be computed again.
    InputError where the folder or the file cannot be used.
    """

    def __init__(self, path: Path, numbers: Literal["<f4", "<f8"], *, limit: int) -> None:
        self.path = path
        self._type = np.dtype(numbers)
        self._limit = limit
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{path.parent}: no folder can be made here ({error.strerror})") from None
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # those who read do not wait for one who writes
            connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, numbers BLOB) WITHOUT ROWID")

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Numbers]:
        """Return the vectors of those keys that are there."""
        found: dict[bytes, Numbers] = {}
        with self._connection() as connection:
            for start in range(0, len(keys), _BATCH):
                some = keys[start : start + _BATCH]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, numbers FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
                found |= {key: np.frombuffer(numbers, self._type).astype(self._type.type) for key, numbers in rows}
        return found

    def add(self, keys: Sequence[bytes], vectors: Numbers) -> None:
        """Store a vector for each key, all or none."""
        rows = [(key, vector.astype(self._type).tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        with self._connection() as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)
            if rows and _used(connection) > self._limit:
                self._make_room(connection, hashlib.sha256(keys[0]).digest())

    def _make_room(self, connection: sqlite3.Connection, start: bytes) -> None:
        """Drop vectors from a place in the order of the keys, which are hashes: old and new ones alike."""
        for place in (start, b""):
            while _used(connection) > self._limit * _KEPT:
                few = "SELECT key FROM vectors WHERE key >= ? ORDER BY key LIMIT ?"
                if not connection.execute(f"DELETE FROM vectors WHERE key IN ({few})", (place, _BATCH)).rowcount:  # noqa: S608
                    break

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise InputError(
                f"{self.path}: cannot be used ({error}); move it away, and what it held is computed again"
            ) from None


def _used(connection: sqlite3.Connection) -> int:
    """Return the bytes of the pages in use: those that were freed are filled again before the file grows."""
    (pages,), (free,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
