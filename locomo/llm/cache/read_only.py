"""Answers in a folder that cannot be written: a colleague's, a mounted archive. They are read, and none is added."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, Never

from diskcache.core import DBNAME, MODE_RAW

from locomo.errors import InputError

_TEXTS: Final = f"FROM Cache WHERE raw = 1 AND mode = {MODE_RAW} AND typeof(value) = 'text'"


class ReadOnlyBackend:
    """A `Backend` over the database that `DiskBackend` writes, opened so that nothing beside it is made either."""

    def __init__(self, folder: Path) -> None:
        self.location = str(folder)
        self.folder = folder
        self._database = folder / str(DBNAME)
        # What stands in a log beside the database is read too; SQLite needs the files of that log to be there for it.
        logged = all((folder / f"{DBNAME}-{kind}").exists() for kind in ("wal", "shm"))
        self._how = "mode=ro" if logged else "mode=ro&immutable=1"
        try:
            self._rows("SELECT count(*) FROM Cache")
        except InputError:
            if not logged:
                raise
            self._how = "mode=ro&immutable=1"
            self._rows("SELECT count(*) FROM Cache")

    @staticmethod
    def must_be(folder: Path) -> bool:
        """Whether there is a cache in this folder that may not be written."""
        database = folder / str(DBNAME)
        return database.is_file() and not (os.access(folder, os.W_OK) and os.access(database, os.W_OK))

    def get(self, key: str) -> str | None:
        """Return the text of a key, or None."""
        found = self._rows(f"SELECT value {_TEXTS} AND key = ?", key)
        return str(found[0][0]) if found else None

    def put(self, entries: Collection[tuple[str, str]]) -> None:
        """InputError: nothing can be kept."""
        self._refuse()

    def add(self, entries: Collection[tuple[str, str]]) -> set[str]:
        """InputError: nothing can be kept."""
        self._refuse()

    def delete(self, keys: Collection[str]) -> None:
        """InputError: nothing can be deleted."""
        self._refuse()

    def keys(self) -> Iterator[str]:
        """Yield all keys, sorted."""
        for (key,) in self._rows(f"SELECT key {_TEXTS} ORDER BY key"):
            yield str(key)

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield all keys with their texts, sorted by key."""
        for key, value in self._rows(f"SELECT key, value {_TEXTS} ORDER BY key"):
            yield str(key), str(value)

    def size(self) -> int:
        """Return the bytes of the database and of what SQLite keeps beside it."""
        return sum(path.stat().st_size for path in self.folder.glob(f"{DBNAME}*"))

    def __len__(self) -> int:
        return int(self._rows(f"SELECT count(*) {_TEXTS}")[0][0])

    def close(self) -> None:
        """Hold nothing: each look opens the database and closes it."""

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            connection = sqlite3.connect(f"{self._database.absolute().as_uri()}?{self._how}", uri=True)
            try:
                return connection.execute(query, values).fetchall()
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise InputError(f"{self.location}: cannot be read ({error})") from None

    def _refuse(self) -> Never:
        raise InputError(
            f"{self.location}: this request cache may be read and not written, so no new answer can be kept: set "
            "LOCOMO_CACHE_DIR to a folder of yours, or llm.offline to true to use its answers alone"
        )
