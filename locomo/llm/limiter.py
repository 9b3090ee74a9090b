"""Keeping within requests and tokens a minute: calls are spread evenly, so that no window of a minute overflows.

Each of both is a token bucket in the form of the generic cell rate algorithm (ITU-T I.371): all state is the time at
which the bucket is empty again. Reserving moves it on, giving back moves it back. Ready-made limiters have no way of
giving back what an estimate was too high by.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from locomo.llm.types import Limits

MARGIN = 0.98
"""Part of a limit that is used: calls do not arrive as evenly as they are sent."""
LATENESS = 0.1
"""Seconds of its share that a bucket may catch up on: the event loop does not wake to the millisecond."""
MINUTE = 60.0


def _now() -> float:
    return time.monotonic()


@dataclass(slots=True)
class Bucket:
    """One limit: `rate` units a second, None for no limit."""

    rate: float | None = None
    free_at: float = field(default_factory=_now)
    """When all that was reserved has flowed off, in seconds of time.monotonic."""

    def reserve(self, amount: float) -> None:
        """Take an amount, and others have to wait for it."""
        if self.rate:
            self.free_at = max(self.free_at, time.monotonic() - LATENESS) + amount / self.rate

    def give_back(self, amount: float) -> None:
        """Return what was reserved and not used; a negative amount takes more."""
        if self.rate:
            self.free_at -= amount / self.rate

    @property
    def wait(self) -> float:
        """Seconds until the next one may go."""
        return self.free_at - time.monotonic() if self.rate else 0.0


class Limiter:
    """Requests and tokens a minute, for one model."""

    def __init__(self, limits: Limits) -> None:
        self._own = limits
        self._requests, self._tokens = Bucket(), Bucket()
        self._turn = asyncio.Lock()
        self._held_until = 0.0
        self.adopt(None)

    def adopt(self, said: Limits | None) -> None:
        """Take over what the provider says of its limits, where that is less than the user's own."""
        self._requests.rate = _rate(self._own.requests, said.requests if said else None)
        self._tokens.rate = _rate(self._own.tokens, said.tokens if said else None)

    async def admit(self, tokens: int) -> None:
        """Wait until a call that may take so many tokens can be sent, and reserve them. First come, first served."""
        async with self._turn:
            while (wait := max(self._requests.wait, self._tokens.wait, self._held_until - time.monotonic())) > 0:
                await asyncio.sleep(wait)
            self._requests.reserve(1)
            self._tokens.reserve(tokens)

    def settle(self, reserved: int, used: int) -> None:
        """Correct a reservation once it is known how many tokens a call took."""
        self._tokens.give_back(reserved - used)

    def hold(self, seconds: float) -> None:
        """Send nothing for a while."""
        self._held_until = max(self._held_until, time.monotonic() + seconds)


def _rate(own: float | None, said: float | None) -> float | None:
    limits = [limit for limit in (own, said) if limit]
    return min(limits) * MARGIN / MINUTE if limits else None
