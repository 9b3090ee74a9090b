"""How many calls are in flight: more and more while all goes well, fewer when the provider says that it is too much."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType

START = 16
DECREASE = 0.7
"""What is left of the size after a refusal."""


class Slots:
    """A semaphore whose size adapts between 1 and `most`.

    As in TCP's congestion control (RFC 5681): one more for every success until the first refusal, from then on one
    more for every round of successes; one step down for all refusals of calls that were in flight together.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = float(min(START, most))
        self._free = asyncio.Semaphore(int(self.size))
        self._given = int(self.size)
        """Slots that exist, in use or free."""
        self._refused_at: float | None = None

    async def __aenter__(self) -> None:
        await self._free.acquire()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._given > int(self.size):
            self._given -= 1
        else:
            self._free.release()

    def succeeded(self) -> None:
        """Note a call that was answered."""
        self.size = min(self.size + (1 if self._refused_at is None else 1 / self.size), self.most)
        if self._given < int(self.size):
            self._given += 1
            self._free.release()

    def refused(self, sent_at: float) -> None:
        """Note a call, sent at a time.monotonic, that was too much."""
        if self._refused_at is None or sent_at > self._refused_at:
            self._refused_at = time.monotonic()
            self.size = max(1.0, self.size * DECREASE)
