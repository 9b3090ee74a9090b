"""Batches that were submitted and not read to the end: one small file each, so that a stopped run finds them again."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import filelock
from pydantic import BaseModel, ConfigDict, ValidationError

from locomo.errors import InputError
from locomo.files import pretty_json, read_json, write_text


class Pending(BaseModel):
    """One batch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    model: str
    address: str
    name: str
    """Ours, and that of its file."""
    mark: str
    """What the provider finds it by if we never learn its id."""
    since: float
    """Seconds since 1970 when it was about to be submitted."""
    batch: str | None = None
    """The provider's id; None until we are told."""
    keys: tuple[str, ...]
    """Of the requests in it whose results are not stored."""


class PendingBatches:
    """The files in one folder. Only who holds `lock()` writes them, so that processes do not submit the same twice."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder}: cannot be made ({error.strerror}); notes on batches are kept here") from None

    def lock(self) -> filelock.BaseAsyncFileLock:
        """Return the lock of the folder. A process that is killed gives it back."""
        return filelock.AsyncFileLock(self.folder / "lock")

    @asynccontextmanager
    async def reading(self, pending: Pending) -> AsyncIterator[None]:
        """Hold the lock under which a batch's results are read, so that one process alone reads, and books, each."""
        path = self.folder / f"{pending.name}.reading"
        async with filelock.AsyncFileLock(path):
            yield
        if not self.path(pending).exists():
            path.unlink(missing_ok=True)

    def path(self, pending: Pending) -> Path:
        """Return a batch's file."""
        return self.folder / f"{pending.name}.json"

    def read(self) -> list[Pending]:
        """Return all, the oldest first; InputError names a file that is none of ours."""
        return sorted((self._parse(path) for path in self.folder.glob("*.json")), key=lambda pending: pending.since)

    def add(self, provider: str, model: str, address: str, *, mark: str, keys: Iterable[str]) -> Pending:
        """Note a batch that is about to be submitted."""
        pending = Pending(
            provider=provider,
            model=model,
            address=address,
            name=secrets.token_hex(8),
            mark=mark,
            since=time.time(),
            keys=tuple(keys),
        )
        self._write(pending)
        return pending

    def identify(self, pending: Pending, batch: str) -> Pending:
        """Note the provider's id of a batch."""
        pending = pending.model_copy(update={"batch": batch})
        self._write(pending)
        return pending

    def settle(self, pending: Pending, keys: Collection[str]) -> None:
        """Take off keys whose results need not be read again; the file goes with the last one."""
        path = self.path(pending)
        if not path.exists():  # another process has settled them all
            return
        current = self._parse(path)
        left = tuple(key for key in current.keys if key not in keys)
        if left:
            self._write(current.model_copy(update={"keys": left}))
        else:
            path.unlink()

    def drop(self, pending: Pending) -> None:
        """Forget a batch that was never submitted."""
        self.path(pending).unlink(missing_ok=True)

    def _write(self, pending: Pending) -> None:
        write_text(self.path(pending), pretty_json(pending.model_dump()))

    @staticmethod
    def _parse(path: Path) -> Pending:
        try:
            return Pending.model_validate(read_json(path))
        except ValidationError as error:
            first = error.errors()[0]
            place = " → ".join(map(str, first["loc"]))
            raise InputError(f"{path}: {place}: {first['msg']}; expected a note on a batch, move it away") from None
