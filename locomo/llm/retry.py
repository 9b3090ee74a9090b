"""The one policy for trying again what failed for now; the libraries' own are switched off."""

from __future__ import annotations

from collections.abc import Callable

import tenacity

from locomo.llm.provider import TransientError

ATTEMPTS = 10
"""One call in five failing, one in ten million fails this often."""
LONGEST_WAIT = 60.0
"""Seconds between two attempts, unless the provider asks for more."""
PATIENCE = 900.0
"""Seconds that all attempts at one request may take together. A provider that asks for more is not waited for."""

_backoff = tenacity.wait_exponential(multiplier=0.5, max=LONGEST_WAIT - 1) + tenacity.wait_random(0, 1)


def _wait(state: tenacity.RetryCallState) -> float:
    """Seconds to wait: what the provider asks for, never less than the jittered exponential backoff."""
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), (error.retry_after or 0.0) if isinstance(error, TransientError) else 0.0)


def retrying(on_retry: Callable[[TransientError], None]) -> tenacity.AsyncRetrying:
    """Return attempts to loop over; `on_retry` is told what failed before each wait. The last error is raised."""

    def before_sleep(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, TransientError):
            on_retry(error)

    return tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(TransientError),
        stop=tenacity.stop_after_attempt(ATTEMPTS) | tenacity.stop_before_delay(PATIENCE),
        wait=_wait,
        before_sleep=before_sleep,
        reraise=True,
    )
