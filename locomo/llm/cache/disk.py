"""Answers in a folder: one SQLite database, kept by diskcache."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diskcache
from diskcache.core import DBNAME, MODE_RAW

from locomo.errors import InputError


class _TextDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores text as text. diskcache pickles other values, and a pickle from elsewhere could run code: refused."""

    def store(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise TypeError("only text is stored in the request cache")
        return super().store(value, *args, **kwargs)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        if mode != MODE_RAW or not isinstance(value, str):
            raise self._foreign()
        return value

    def get(self, key: Any, raw: bool) -> Any:
        if not raw or not isinstance(key, str):
            raise self._foreign()
        return key

    def _foreign(self) -> InputError:
        return InputError(f"{self._directory}: this request cache holds an entry that we did not write; move it away")


class DiskBackend:
    """A `Backend` in a folder. InputError where the folder cannot be used."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.location = str(folder)
        try:
            self._cache = diskcache.Cache(
                str(folder),
                disk=_TextDisk,
                disk_min_file_size=2**30,  # long entries too go into the database: files beside it are not synced
                eviction_policy="none",  # as it comes, diskcache drops old entries beyond 1 GB
                size_limit=2**62,
                cull_limit=0,
                sqlite_synchronous=2,  # FULL: what is written survives a power cut
                timeout=60,
            )
        except (OSError, sqlite3.Error) as error:
            raise InputError(f"{folder}: no request cache can be opened here ({error}); set LOCOMO_CACHE_DIR") from None

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Whether there is a cache in this folder already."""
        return (folder / str(DBNAME)).is_file()

    def get(self, key: str) -> str | None:
        """Return the text of a key, or None."""
        with self._or_input_error("read"):
            text: str | None = self._cache.get(key)
            return text

    def put(self, entries: Collection[tuple[str, str]]) -> None:
        """Write all in one transaction, synced on return."""
        with self._or_input_error("written"), self._cache.transact():
            for key, text in entries:
                self._cache.set(key, text)

    def add(self, entries: Collection[tuple[str, str]]) -> set[str]:
        """Write those whose key is not there yet, in one transaction; return their keys."""
        with self._or_input_error("written"), self._cache.transact():
            return {key for key, text in entries if self._cache.add(key, text)}

    def delete(self, keys: Collection[str]) -> None:
        """Delete keys in one transaction."""
        with self._or_input_error("written"), self._cache.transact():
            for key in keys:
                self._cache.delete(key)

    def keys(self) -> Iterator[str]:
        """Yield all keys, sorted."""
        with self._or_input_error("read"):
            yield from self._cache.iterkeys()

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield all keys with their texts, sorted by key."""
        for key in self.keys():
            if (text := self.get(key)) is not None:  # None: deleted since by another process
                yield key, text

    def size(self) -> int:
        """Return the bytes of the database and of what SQLite keeps beside it."""
        return sum(path.stat().st_size for path in self.folder.glob(f"{DBNAME}*"))

    def __len__(self) -> int:
        with self._or_input_error("read"):
            return len(self._cache)

    def close(self) -> None:
        """Close this thread's connection."""
        self._cache.close()

    @contextmanager
    def _or_input_error(self, done: str) -> Iterator[None]:
        try:
            yield
        except diskcache.Timeout:
            raise InputError(
                f"{self.location}: cannot be {done} (no lock on its database: it is read-only or in use)"
            ) from None
        except (OSError, sqlite3.Error) as error:
            self.close()  # in whatever state it left its transaction, the next one begins afresh
            cause = error.__context__ if isinstance(error.__context__, sqlite3.Error) else error  # not the rollback's
            raise InputError(f"{self.location}: cannot be {done} ({cause})") from None
