"""Asking many things at once: cache first, one flight per request, within all limits, everything paid for is kept.

The way of one call: cache → slot → budget → rate limiter → provider → account. The slot comes before the limiter, so
that what the limiter lets go is sent at once and its even pace arrives. What must be tried again waits without a slot.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from locomo.errors import IncompleteError, LocomoError, ProviderError
from locomo.llm import structured
from locomo.llm.batch_run import answer_in_batches
from locomo.llm.cache import RequestCache, default_folder
from locomo.llm.images import check_sight
from locomo.llm.limiter import Limiter
from locomo.llm.provider import AnswerError, Provider, TransientError
from locomo.llm.retry import retry
from locomo.llm.settings import LlmSettings
from locomo.llm.slots import Slots
from locomo.llm.spending import Spending
from locomo.llm.tokens import estimate_tokens
from locomo.llm.turns import turn
from locomo.llm.types import Limits, Request, Response, Tally

REFUSALS_IN_A_ROW = 3
"""Rate-limit refusals without an answer in between after which nothing more is sent for a while: one alone may be a
server's mood, some together are a limit that nobody told us of."""
GRACE = 10.0
"""Seconds that calls in flight have to come in, since they are paid for, when a refusal for good ends the run."""
TOKENS_AROUND = 7
"""Of a message: its role and what separates it from others."""
IMAGE_TOKENS = 3_000
"""Of a picture, at most: gpt-4o-mini bills 2,833 for one in low detail, others 85 to 1,500 for 1,024 pixels a side."""
FEW = 3
"""Missing requests that an error names."""

T = TypeVar("T")


class MissingError(IncompleteError):
    """Working offline, and the cache lacks answers."""

    def __init__(self, missing: list[Request]) -> None:
        keys = ", ".join(request.key for request in missing[:FEW]) + (", …" if len(missing) > FEW else "")
        super().__init__(f"llm.offline: {len(missing)} requests have no answer in the cache: {keys}")
        self.missing = missing


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

    def __init__(
        self,
        provider: Provider,
        cache: RequestCache,
        settings: LlmSettings | None = None,
        spending: Spending | None = None,
    ) -> None:
        self.provider = provider
        self.cache = cache
        self.settings = settings or LlmSettings()
        self.spending = spending or Spending(None)
        self.tally = Tally()
        self._flights: dict[str, asyncio.Task[Outcome]] = {}
        self._start()

    def _start(self) -> None:
        """Make anew what belongs to an event loop."""
        self._slots = Slots(min(self.provider.concurrency, self.settings.concurrency or self.provider.concurrency))
        self._limiter = Limiter(self.settings.limits)
        self._said: Limits | None = None
        self._refusals = 0
        self._prefixes: dict[bytes, asyncio.Event] = {}
        self._calls: set[asyncio.Task[Any]] = set()
        """Flights that the provider has been asked to answer."""
        self._stopped: LocomoError | None = None

    async def ask(self, request: Request) -> Outcome:
        """Answer one request. Identical requests in flight are sent once. ProviderError and BudgetError end the run."""
        self.tally.requests += 1
        if (stored := self.cache.get(request)) is not None:
            self.tally.hits += 1
            return Outcome(request, stored)
        if (flight := self._flights.get(request.key)) is not None:
            self.tally.hits += 1
            return await flight
        if self.settings.offline:
            raise MissingError([request])
        check_sight(self.provider, [request])
        flight = self._flights[request.key] = asyncio.create_task(self._send(request))
        try:
            return await flight
        finally:
            del self._flights[request.key]

    async def ask_all(self, requests: Sequence[Request], on_done: Callable[[], None]) -> list[Outcome]:
        """Answer all, in the order given; `on_done` is called after each.

        The first ProviderError or BudgetError stops all; offline, MissingError names all that lack an answer.
        """
        self._start()
        if not (missing := self.missing(requests)):
            return await self._ask_all(requests, on_done, {})
        if self.settings.offline:
            raise MissingError(missing)
        check_sight(self.provider, missing)
        if self.settings.batch:
            return await self._ask_all(requests, on_done, await self._batched(missing))
        async with self._turn():
            return await self._ask_all(requests, on_done, {})

    async def run(self, works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        """Do works that `ask` as their answers come, at once; return what each comes to, in the order given.

        The first LocomoError stops all, once the calls in flight have come in. Offline, MissingError is of one request,
        since what follows from its answer is not known.
        """
        self._start()
        if self.settings.offline:
            return await self._together(works)
        async with self._turn():
            return await self._together(works)

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return turn(self._beside_cache("turns"), f"{self.provider.name}/{self.provider.model}")

    async def _ask_all(
        self, requests: Sequence[Request], on_done: Callable[[], None], in_batches: dict[str, Outcome]
    ) -> list[Outcome]:
        async def one(request: Request) -> Outcome:
            if (outcome := in_batches.pop(request.key, None)) is not None:
                self.tally.requests += 1
            else:
                outcome = await self.ask(request)
            on_done()
            return outcome

        return await self._together([one(request) for request in requests])

    async def _together(self, works: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
        tasks = [asyncio.create_task(work) for work in works]
        try:
            if tasks:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in tasks:
                if task.done() and (error := task.exception()):
                    raise error
            return [task.result() for task in tasks]
        except LocomoError as error:
            self._stopped = error  # nothing more is sent
            if self._calls:
                await asyncio.wait(self._calls, timeout=GRACE)
            raise
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.spending.close()

    def missing(self, requests: Sequence[Request]) -> list[Request]:
        """Return those that the cache has no answer to, each once."""
        unique = {request.key: request for request in requests}
        return [request for request in unique.values() if self.cache.get(request) is None]

    def _beside_cache(self, what: str) -> Path:
        """Return a folder for what runs that share the cache have to tell each other."""
        folder = self.cache.folder or default_folder()
        return folder.with_name(f"{folder.name}-{what}")

    async def _batched(self, missing: Sequence[Request]) -> dict[str, Outcome]:
        """Ask through the provider's batches; return what became of it, by key. Schemas need single calls.

        What can cost more than is left of the budget is not handed in at all: a batch cannot be stopped half-way.
        """
        missing = [request for request in missing if request.schema is None]
        outcomes: dict[str, Outcome] = {}

        def on_done(request: Request, answer: Response | Exception) -> None:
            if isinstance(answer, ProviderError):
                raise answer
            if isinstance(answer, Response):
                self._account(request, answer, seconds=None, batch=True)
                outcomes[request.key] = Outcome(request, answer)
            else:
                self.tally.errors += 1
                transient = isinstance(answer, TransientError)
                outcomes[request.key] = Outcome(request, None, str(answer), transient=transient)

        reserved = await self.spending.reserve(
            sum(map(estimate, missing)), sum(request.max_tokens for request in missing), batch=True
        )
        try:
            await answer_in_batches(
                self.provider,
                missing,
                store=self.cache.store,
                folder=self._beside_cache("batches"),
                on_done=on_done,
                stored=self.cache.get,
            )
        finally:
            self.spending.release(reserved)
        return outcomes

    def _account(self, request: Request, response: Response, *, seconds: float | None, batch: bool = False) -> None:
        self.tally.input_tokens += response.input_tokens
        self.tally.cached_tokens += response.cached_tokens
        self.tally.reused_tokens += response.reused_tokens
        self.tally.output_tokens += response.output_tokens
        self.tally.answered += 1
        if seconds is not None:
            self.tally.seconds.append(seconds)
        self.spending.paid(request, response, seconds=seconds, batch=batch)

    async def _send(self, request: Request) -> Outcome:
        try:
            response = await self._attempts(request)
        except (AnswerError, TransientError) as error:
            self.tally.errors += 1
            return Outcome(request, None, str(error), transient=isinstance(error, TransientError))
        await self.cache.store(request, response)
        return Outcome(request, response)

    async def _attempts(self, request: Request) -> Response:
        """Send until there is an answer; the first one of those that share a prefix goes ahead of the others.

        So a provider that keeps evaluated prompts has the prefix when the others come, and bills it as cached.
        """

        def on_retry(error: TransientError) -> None:
            self.tally.retries[str(error)] += 1
            if self._refusals >= REFUSALS_IN_A_ROW:
                self._limiter.hold(error.retry_after or 1.0)

        ahead = None
        if request.shared_prefix:
            prefix = _prefix(request)
            if (other := self._prefixes.get(prefix)) is not None:
                await other.wait()
            else:
                ahead = self._prefixes[prefix] = asyncio.Event()

        async def attempt() -> Response:
            try:
                return await self._attempt(request)
            finally:
                if ahead:
                    ahead.set()

        return await retry(attempt, on_retry=on_retry)

    async def _attempt(self, request: Request) -> Response:
        tokens = estimate(request)
        async with self._slots:
            reserved = await self.spending.reserve(tokens, request.max_tokens)
            try:
                await self._limiter.admit(tokens + request.max_tokens)
                if self._stopped:
                    raise self._stopped
                return await self._call(request, tokens + request.max_tokens)
            except ProviderError as error:
                self._stopped = error
                raise
            finally:
                self.spending.release(reserved)

    async def _call(self, request: Request, reserved_tokens: int) -> Response:
        sent_at, used_tokens = time.monotonic(), reserved_tokens
        if (task := asyncio.current_task()) is not None:
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)
        try:
            response = await self._complete(request)
            used_tokens = response.input_tokens + response.output_tokens
        except TransientError as error:
            if task is not None:
                self._calls.discard(task)
            if error.rate_limited:
                used_tokens = 0
                self._refusals += 1
                self._slots.refused(sent_at)
            raise
        finally:
            self._limiter.settle(reserved_tokens, used_tokens)
            if self.provider.limits != self._said:
                self._said = self.provider.limits
                self._limiter.adopt(self._said)
        seconds = time.monotonic() - sent_at
        self._refusals = 0
        self._slots.succeeded()
        self._account(request, response, seconds=seconds)
        return response

    async def _complete(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self.settings.timeout):
                if request.schema is not None:
                    return await structured.complete(self.provider, request)
                return await self.provider.complete(request)
        except TimeoutError:
            raise TransientError(f"no answer in {self.settings.timeout} s") from None


def estimate(request: Request) -> int:
    """Return about how many tokens a prompt has, rather too many."""
    text = sum(estimate_tokens(message.content) + TOKENS_AROUND for message in request.messages)
    return text + IMAGE_TOKENS * request.image_count


def _prefix(request: Request) -> bytes:
    """Return what stands for the prompt up to where requests that share it differ."""
    *before, last = request.messages
    parts = [*(message.content for message in before), last.content[: request.shared_prefix]]
    return hashlib.sha256("\0".join(parts).encode()).digest()
