"""Asking many things at once: cache first, one flight per request, one retry policy, everything paid for is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import tenacity

from locomo.errors import ProviderError
from locomo.llm.cache import RequestCache
from locomo.llm.provider import AnswerError, Provider, TransientError
from locomo.llm.types import Request, Response, Tally

ATTEMPTS = 6
LONGEST_WAIT = 60.0
"""Seconds between two attempts, unless the provider asks for more."""

_backoff = tenacity.wait_exponential(multiplier=0.5, max=LONGEST_WAIT - 1) + tenacity.wait_random(0, 1)


def _wait(state: tenacity.RetryCallState) -> float:
    """Seconds to wait: what the provider asks for, never less than the jittered exponential backoff."""
    error = state.outcome.exception() if state.outcome else None
    return max(_backoff(state), (error.retry_after or 0.0) if isinstance(error, TransientError) else 0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request: a response, or the reason why there is none."""

    request: Request
    response: Response | None
    error: str | None = None
    transient: bool = False
    """Whether the call failed for now only, so that asking again later may bring the answer."""


class Client:
    """Asks one model, through the cache."""

    def __init__(self, provider: Provider, cache: RequestCache) -> None:
        self.provider = provider
        self.cache = cache
        self.tally = Tally()
        self._flights: dict[str, asyncio.Task[Outcome]] = {}
        self._slots = asyncio.Semaphore(provider.concurrency)
        self._refused: ProviderError | None = None

    async def ask(self, request: Request) -> Outcome:
        """Answer one request. Identical requests in flight are sent once. ProviderError ends the run."""
        self.tally.requests += 1
        if (stored := self.cache.get(request)) is not None:
            self.tally.hits += 1
            return Outcome(request, stored)
        if (flight := self._flights.get(request.key)) is not None:
            self.tally.hits += 1
            return await flight
        flight = self._flights[request.key] = asyncio.create_task(self._send(request))
        try:
            return await flight
        finally:
            del self._flights[request.key]

    async def ask_all(self, requests: Sequence[Request], on_done: Callable[[], None]) -> list[Outcome]:
        """Answer all, in the order given; `on_done` is called after each. The first ProviderError stops all."""

        async def one(request: Request) -> Outcome:
            outcome = await self.ask(request)
            on_done()
            return outcome

        self._slots = asyncio.Semaphore(self.provider.concurrency)  # it belongs to the event loop that runs us
        self._refused = None
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(request)) for request in requests]
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _send(self, request: Request) -> Outcome:
        try:
            response = await self._attempts(request)
        except (AnswerError, TransientError) as error:
            self.tally.errors += 1
            return Outcome(request, None, str(error), transient=isinstance(error, TransientError))
        self.cache.put(request, response)
        self.tally.input_tokens += response.input_tokens
        self.tally.output_tokens += response.output_tokens
        return Outcome(request, response)

    async def _attempts(self, request: Request) -> Response:
        """Send until there is an answer. The slot is free while we wait for the next attempt."""

        def count(state: tenacity.RetryCallState) -> None:
            self.tally.retries[str(state.outcome.exception() if state.outcome else "")] += 1

        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TransientError),
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=_wait,
            before_sleep=count,
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                async with self._slots:
                    if self._refused:  # the slot was freed by a refusal for good: send nothing more
                        raise self._refused
                    try:
                        return await self.provider.complete(request)
                    except ProviderError as error:
                        self._refused = error
                        raise
        raise AssertionError("the last attempt either returns or raises")
