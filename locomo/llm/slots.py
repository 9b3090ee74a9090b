"""How many calls are in flight: more and more while all goes well, fewer when the provider says that it is too much."""

from __future__ import annotations

import asyncio
import time
from collections import deque
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
        self._busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refused_at: float | None = None

    async def __aenter__(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def succeeded(self) -> None:
        """Note a call that was answered."""
        self.size = min(self.size + (1 if self._refused_at is None else 1 / self.size), self.most)
        self._admit()

    def refused(self, sent_at: float) -> None:
        """Note a call, sent at a time.monotonic, that was too much."""
        if self._refused_at is None or sent_at > self._refused_at:
            self._refused_at = time.monotonic()
            self.size = max(1.0, self.size * DECREASE)

    def _admit(self) -> None:
        """Give free slots to those who wait, first come, first served."""
        while self._waiting and self._busy < int(self.size):
            turn = self._waiting.popleft()
            if not turn.done():
                self._busy += 1
                turn.set_result(None)

    def _leave(self) -> None:
        self._busy -= 1
        self._admit()
