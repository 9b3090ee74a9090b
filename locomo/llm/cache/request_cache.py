"""The memo that every paid call goes through: JSON in, JSON out, nothing ever evicted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from pathlib import Path

from locomo.errors import InputError
from locomo.llm.cache.absence import Absence
from locomo.llm.cache.backend import AwayError, Backend, SharedBackend
from locomo.llm.cache.commits import GroupCommit
from locomo.llm.cache.disk import DiskBackend
from locomo.llm.cache.entry import Found, entry_text, read_found
from locomo.llm.cache.leases import Leases
from locomo.llm.cache.locations import open_backend
from locomo.llm.cache.spool import Spool
from locomo.llm.types import Request, Response


class RequestCache:
    """Answers by request key, shared by any number of processes; each is durable once `put` or `store` returns.

    Without arguments it is where LOCOMO_CACHE_DIR says. InputError where that place cannot be used.

    Where machines share it, one of them asks for an answer at a time (`hold`, `claim`). If the server goes away, `look`
    lets nothing be sent, and answers that come in are kept on local disk until it is back. It is waited for (see
    `Absence`); IncompleteError once that has lasted too long.
    """

    def __init__(self, folder: Path | None = None, *, backend: Backend | None = None) -> None:
        self.backend = backend if backend is not None else DiskBackend(folder) if folder else open_backend()
        self.location = self.backend.location
        self.folder = self.backend.folder if isinstance(self.backend, DiskBackend) else None
        self._commits = GroupCommit(self._write)
        self._spool: Spool | None = None
        self._leases: Leases | None = None
        if isinstance(self.backend, SharedBackend):
            self._spool = Spool(self.location)
            self._absence = Absence(self.location, str(self._spool.folder))
            self._leases = Leases(self.backend, self._absence.seconds)

    def get(self, request: Request) -> Response | None:
        """Return the stored answer, or None."""
        found = self.find(request)
        return found if isinstance(found, Response) else None

    def find(self, request: Request) -> Found | None:
        """Return the stored answer, or the refusal that is remembered in its place, or None."""
        while True:
            try:
                return self._find(request)
            except AwayError as error:
                time.sleep(self._absence.seconds(error))

    async def look(self, request: Request) -> Found | None:
        """Do as `find` without holding up the event loop: to be called right before something is sent.

        It returns when what will be received can be stored.
        """
        if self._leases is None:
            return self._find(request)
        while True:
            try:
                return await asyncio.to_thread(self._find, request)
            except AwayError as error:
                await asyncio.sleep(self._absence.seconds(error))

    async def hold(self, request: Request) -> Found | None:
        """Wait until nobody else asks for an answer; return it if somebody has brought it, else None: ask for it.

        Then `store` what comes, or `give_up`.
        """
        if self._leases is None:
            return None
        while not await self._leases.hold(request.key):
            if (found := await self.look(request)) is not None:
                return found
        return None

    async def claim(self, requests: Sequence[Request]) -> set[str]:
        """Return the keys of those requests that are ours to ask now: neither stored nor asked by somebody else."""
        if self._leases is None:
            return {request.key for request in requests if self._find(request) is None}
        while True:
            try:
                return await asyncio.to_thread(self._leases.claim, [request.key for request in requests])
            except AwayError as error:
                await asyncio.sleep(self._absence.seconds(error))

    async def give_up(self, requests: Sequence[Request]) -> None:
        """Let others ask what got no answer."""
        if self._leases is not None:
            await asyncio.to_thread(self._leases.release, [request.key for request in requests])

    def put(self, request: Request, found: Found) -> None:
        """Store an answer and wait until it is durable."""
        self.backend.put([(request.key, entry_text(request, found))])

    async def store(self, request: Request, found: Found) -> None:
        """Store an answer without holding up the event loop: those that wait at the same time are written together.

        InputError where it cannot be written. If the caller is cancelled, the answer is stored all the same. A server
        that is away for now is no error: the answer is durable on this machine.
        """
        await asyncio.wrap_future(self._commits.add(request.key, entry_text(request, found)))

    def keys(self) -> list[str]:
        """Return the keys of all stored answers."""
        return list(self.backend.keys())

    def __len__(self) -> int:
        return len(self.backend)

    def close(self) -> None:
        """Write what still waits, give back what is held for asking, and close connections."""

        def release() -> None:
            if self._leases is not None:
                self._leases.close()
            self.backend.close()

        self._commits.close(release)
        self.backend.close()

    def _find(self, request: Request) -> Found | None:
        if self._spool is not None and self._spool.waiting:
            self._stored(self._spool.deliver(self.backend))
        text = self.backend.get(request.key)
        if self._spool is not None:
            self._absence.ended()
        return None if text is None else read_found(text, f"{self.location}: entry {request.key}")

    def _write(self, entries: Collection[tuple[str, str]]) -> None:
        try:
            self.backend.put(entries)
        except InputError as error:
            if self._spool is None:
                raise
            self._spool.keep(entries)
            if not isinstance(error, AwayError):
                raise InputError(f"{error}; answers received so far are kept in {self._spool.folder}") from None
        else:
            self._stored([key for key, _ in entries])

    def _stored(self, keys: Collection[str]) -> None:
        if self._leases is not None:
            self._leases.drop(keys)


def open_cache(location: str | None = None) -> RequestCache:
    """Open the cache in a folder or at a Redis URL; None is what LOCOMO_CACHE_DIR says, or the default folder."""
    return RequestCache(backend=open_backend(location))
