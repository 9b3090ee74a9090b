"""Many writers, one write: what waits at the same time is written together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor


class GroupCommit:
    """Writes entries in a thread of its own; all that come in while one write lasts make up the next.

    It belongs to no event loop: entries are written even if the loop that handed them in has ended.
    """

    def __init__(self, write: Callable[[Collection[tuple[str, str]]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[tuple[str, str, Future[None]]] = []
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="request-cache")

    def add(self, key: str, text: str) -> Future[None]:
        """Hand in an entry; the future is done once it is written, or has the error why it is not."""
        done: Future[None] = Future()
        with self._lock:
            self._waiting.append((key, text, done))
            if len(self._waiting) == 1:
                self._worker.submit(self._commit)
        return done

    def close(self, release: Callable[[], None]) -> None:
        """Write what waits, call `release` in the writing thread, and end it."""
        self._worker.submit(release)
        self._worker.shutdown()

    def _commit(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting, []
        heeded = [done for _, _, done in batch if done.set_running_or_notify_cancel()]
        try:
            self._write([(key, text) for key, text, _ in batch])
        except Exception as error:
            for done in heeded:
                done.set_exception(error)
        else:
            for done in heeded:
                done.set_result(None)
