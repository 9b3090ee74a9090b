"""Who asks for an answer where machines share a cache: one of them, while the others wait for it.

A lease has a time limit and is renewed while its holder lives, so that one that was killed is in nobody's way for long.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable, Collection

from locomo.errors import LocomoError
from locomo.llm.cache.backend import AwayError, SharedBackend

SECONDS = 30.0
"""How long a lease holds without being renewed."""
FIRST_LOOK, LONGEST_LOOK = 0.05, 0.5
"""Seconds between two looks whether others are done."""

log = logging.getLogger("locomo")


class Leases:
    """The leases of one process on one backend. All that wait look at once."""

    def __init__(self, backend: SharedBackend, wait_seconds: Callable[[AwayError], float]) -> None:
        self._backend = backend
        self._wait_seconds = wait_seconds
        """Says how long to wait for a server that is away, or raises what ends the run."""
        self._owner = secrets.token_hex(16)
        self._held: set[str] = set()
        self._waiting: dict[str, asyncio.Future[bool]] = {}
        self._poller: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._renewer: threading.Thread | None = None
        self._told = False

    async def hold(self, key: str) -> bool:
        """Wait until the lease on a key is ours, and return True; or until its entry is there, and return False."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            return await future
        finally:
            self._waiting.pop(key, None)

    def claim(self, keys: Collection[str]) -> set[str]:
        """Take the leases that are free at once; return their keys. None is of a key that has an entry."""
        mine = self._backend.claim(keys, self._owner, SECONDS)
        self._held |= mine
        self._keep_renewing()
        return mine

    def drop(self, keys: Collection[str]) -> None:
        """Forget leases on keys whose entries are stored: with an entry, nobody asks for a lease."""
        self._held.difference_update(keys)

    def release(self, keys: Collection[str]) -> None:
        """Give leases back, for others to ask."""
        ours = self._held.intersection(keys)
        self._held -= ours
        try:
            self._backend.release(ours, self._owner)
        except AwayError:
            log.debug("leases run out by themselves")

    def close(self) -> None:
        """Give all back."""
        self._ended.set()
        self.release(self._held.copy())

    async def _poll(self) -> None:
        pause = FIRST_LOOK
        await asyncio.sleep(0)  # those that begin together are looked up together
        while self._waiting:
            keys = list(self._waiting)
            try:
                mine = await asyncio.to_thread(self.claim, keys)
                there = await asyncio.to_thread(self._backend.present, [key for key in keys if key not in mine])
            except AwayError as error:
                try:
                    pause = self._wait_seconds(error)
                except LocomoError as given_up:
                    self._fail(given_up)
                    return
                await asyncio.sleep(pause)
                continue
            except LocomoError as error:
                self._fail(error)
                return
            self._settle(mine, True)
            self._settle(there, False)
            if self._waiting and not self._told:
                self._told = True
                log.info("another machine asks for %d of these answers: waiting for them", len(self._waiting))
            await asyncio.sleep(pause if self._waiting else 0)
            pause = min(2 * pause, LONGEST_LOOK)

    def _settle(self, keys: Collection[str], ours: bool) -> None:
        for key in keys:
            if (future := self._waiting.pop(key, None)) is not None and not future.done():
                future.set_result(ours)
            elif ours:  # nobody waits any more
                self.release([key])

    def _fail(self, error: LocomoError) -> None:
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()

    def _keep_renewing(self) -> None:
        if self._renewer is None and not self._ended.is_set():
            self._renewer = threading.Thread(target=self._renew, name="leases", daemon=True)
            self._renewer.start()

    def _renew(self) -> None:
        while not self._ended.wait(SECONDS / 3):
            try:
                self._backend.renew(self._held.copy(), self._owner, SECONDS)
            except LocomoError as error:
                log.debug("leases are not renewed: %s", error)
