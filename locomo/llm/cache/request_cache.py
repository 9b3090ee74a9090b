"""The memo that every paid call goes through: JSON in, JSON out, nothing ever evicted."""

from __future__ import annotations

import asyncio
from pathlib import Path

from locomo.llm.cache.backend import Backend
from locomo.llm.cache.commits import GroupCommit
from locomo.llm.cache.disk import DiskBackend
from locomo.llm.cache.entry import entry_text, read_response
from locomo.llm.cache.locations import open_backend
from locomo.llm.types import Request, Response


class RequestCache:
    """Answers by request key, shared by any number of processes; each is durable once `put` or `store` returns.

    Without arguments it is where LOCOMO_CACHE_DIR says. InputError where that place cannot be used.
    """

    def __init__(self, folder: Path | None = None, *, backend: Backend | None = None) -> None:
        self.backend = backend if backend is not None else DiskBackend(folder) if folder else open_backend()
        self.location = self.backend.location
        self.folder = self.backend.folder if isinstance(self.backend, DiskBackend) else None
        self._commits = GroupCommit(self.backend.put)

    def get(self, request: Request) -> Response | None:
        """Return the stored answer, or None."""
        text = self.backend.get(request.key)
        return None if text is None else read_response(text, f"{self.location}: entry {request.key}")

    def put(self, request: Request, response: Response) -> None:
        """Store an answer and wait until it is durable."""
        self.backend.put([(request.key, entry_text(request, response))])

    async def store(self, request: Request, response: Response) -> None:
        """Store an answer without holding up the event loop: those that wait at the same time are written together.

        InputError where it cannot be written. If the caller is cancelled, the answer is stored all the same.
        """
        await asyncio.wrap_future(self._commits.add(request.key, entry_text(request, response)))

    def keys(self) -> list[str]:
        """Return the keys of all stored answers."""
        return list(self.backend.keys())

    def __len__(self) -> int:
        return len(self.backend)

    def close(self) -> None:
        """Write what still waits and close connections."""
        self._commits.close(self.backend.close)
        self.backend.close()


def open_cache(location: str | None = None) -> RequestCache:
    """Open the cache in a folder or at a Redis URL; None is what LOCOMO_CACHE_DIR says, or the default folder."""
    return RequestCache(backend=open_backend(location))
