"""The one policy of trying again: waits that grow, with jitter, and never shorter than the provider asks for.

The libraries' own are switched off.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import tenacity

from locomo.llm.provider import TransientError

ATTEMPTS = 10
"""One call in five failing, one in ten million fails this often."""
LONGEST_WAIT = 60.0
"""Seconds between two attempts, unless the provider asks for more."""
PATIENCE = 900.0
"""Seconds that all attempts together may take. A provider that asks for more is not waited for."""

_T = TypeVar("_T")
_backoff = tenacity.wait_exponential(multiplier=0.5, max=LONGEST_WAIT - 1) + tenacity.wait_random(0, 1)


def _wait(state: tenacity.RetryCallState) -> float:
    """Seconds to wait: what the provider asks for, never less than the jittered exponential backoff."""
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), (error.retry_after or 0.0) if isinstance(error, TransientError) else 0.0)


async def retry(
    call: Callable[[], Awaitable[_T]],
    *,
    attempts: int = ATTEMPTS,
    on_retry: Callable[[TransientError], None] = lambda _: None,
) -> _T:
    """Await `call` until it does not raise TransientError; the last attempt's is passed on, as is any other error.

    `on_retry` is called with what failed before each wait.
    """

    started = time.monotonic()
    # Nearly always enough. Each use of tenacity leaves forty objects in cycles, of tens of thousands of calls.
    try:
        return await call()
    except TransientError as error:
        first = [error]

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TransientError):
            on_retry(error)

    retrying = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_before_delay(started + PATIENCE - time.monotonic()),
        wait=_wait,
        before_sleep=tell,
        reraise=True,
    )
    async for attempt in retrying:
        with attempt:
            if first:
                raise first.pop()
            return await call()
    raise AssertionError("the last attempt either returns or raises")
