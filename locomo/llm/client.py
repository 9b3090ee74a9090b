"""Asking many things at once: cache first, one flight per request, within all limits, everything paid for is kept.

The way of one call: cache → slot → budget → rate limiter → cache again → provider → account. The slot comes before the
limiter, so that what the limiter lets go is sent at once and its even pace arrives. The second look is for what others
have asked meanwhile, and lets nothing be sent while answers cannot be stored. What must be tried again waits without a
slot. Money is booked when a response is received, whether or not it can be used.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from locomo.errors import IncompleteError, LocomoError, ProviderError
from locomo.llm import observing, structured, tools
from locomo.llm.accounting import Account, estimate
from locomo.llm.cache import Found, Refusal, RequestCache, default_folder
from locomo.llm.contact import Contact
from locomo.llm.images import check_sight
from locomo.llm.in_batches import ask_in_batches, store_answer
from locomo.llm.limiter import Limiter
from locomo.llm.prefix_turns import PrefixTurns
from locomo.llm.process_lock import one_run_at_a_time
from locomo.llm.provider import AnswerError, Provider, TransientError
from locomo.llm.retry import retry
from locomo.llm.settings import LlmSettings
from locomo.llm.slots import Slots
from locomo.llm.spending import Reserved, Spending
from locomo.llm.types import Capabilities, Request, Response, Tally

REFUSALS_IN_A_ROW = 3
"""Rate-limit refusals without an answer in between after which nothing more is sent for a while: one alone may be a
server's mood, some together are a limit that nobody told us of."""
GRACE = 10.0
"""Seconds that calls in flight have to come in, since they are paid for, when a refusal for good ends the run."""
AT_ONCE = 4_096
"""Requests that wait at once for what they wait for; more would fill the memory, and fewer leave slots empty where all
questions about a conversation wait for the first of them."""
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
    """Whether the call failed temporarily, so that asking again later may bring the answer."""
    refusal: Refusal | None = None
    """Of a request that failed permanently, what is remembered: the same whether it was asked now or before."""
    hit: bool = field(default=False, compare=False)
    """Whether nothing was sent for it: it was in the cache, or the same was being asked already."""

    @property
    def permanent(self) -> bool:
        """Whether there is no answer, and asking again would not change that."""
        return self.response is None and not self.transient


class _MeanwhileError(Exception):
    """Right before a request was to be sent, its answer was there."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


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
        self.account = Account(self.spending, self.tally)
        self._flights: dict[str, asyncio.Task[Outcome]] = {}
        self._serving: Callable[[], Awaitable[None]] | None = None
        """While requests come from outside: what to wait for before one is sent."""
        self._start()
        if observing.observer is not None:
            observing.observer.opened(self._asking())

    def _asking(self) -> observing.Asking:
        return observing.Asking(
            f"{self.provider.name}/{self.provider.model}",
            self.spending.stage,
            self.tally,
            usd=lambda: self.spending.usd,
            in_flight=lambda: len(self._calls),
            queued=lambda: max(0, len(self._flights) - len(self._calls)),
        )

    def _start(self) -> None:
        """Make anew what belongs to an event loop."""
        self._slots = Slots(min(self.provider.concurrency, self.settings.concurrency or self.provider.concurrency))
        self._limiter = Limiter(self.settings.limits)
        self._said = self.provider.limits
        self._limiter.adopt(self._said)
        self._contact = Contact(f"{self.provider.name}/{self.provider.model}")
        self._refusals = 0
        self._prefixes = PrefixTurns(lambda: self._slots.size)
        self._calls: set[asyncio.Task[Any]] = set()
        """Flights that the provider has been asked to answer."""
        self._stopped: LocomoError | None = None

    async def ask(self, request: Request) -> Outcome:
        """Answer one request. Identical requests in flight are sent once. ProviderError and BudgetError end the run."""
        self.tally.requests += 1
        if (found := await self.cache.look(request)) is not None:
            return self._hit(request, found)
        if (flight := self._flights.get(request.key)) is not None:
            self.tally.hits += 1
            outcome = await flight
            if outcome.permanent:
                self.tally.failures[str(outcome.error)] += 1
            return replace(outcome, hit=True)
        if self.settings.offline:
            raise MissingError([request])
        check_sight(self.provider, [request])
        flight = self._flights[request.key] = asyncio.create_task(self._send(request))
        try:
            return await flight
        finally:
            del self._flights[request.key]

    async def ask_all(self, requests: Sequence[Request], on_done: Callable[[], None]) -> list[Outcome]:
        """Answer all, in the order given; `on_done` is called after each. Errors are those of `ask_each`."""
        outcomes: dict[int, Outcome] = {}

        def keep(place: int, outcome: Outcome) -> None:
            outcomes[place] = outcome
            on_done()

        await self.ask_each(requests, keep)
        return [outcomes[place] for place in range(len(requests))]

    async def ask_each(self, requests: Sequence[Request], on_outcome: Callable[[int, Outcome], None]) -> None:
        """Answer all, begun in the order given; `on_outcome` gets the place and the outcome of each as it comes.

        Nothing is kept here, so that requests may be made when they are looked at, and forgotten.

        The first ProviderError or BudgetError stops all; offline, MissingError names all that lack an answer.
        """
        self._start()
        failed = 0

        def count(place: int, outcome: Outcome) -> None:
            nonlocal failed
            failed += outcome.permanent
            on_outcome(place, outcome)

        if all(self.cache.find(request) is not None for request in requests):
            await self._ask_each(requests, count, {})
        elif self.settings.offline:
            raise MissingError(self.missing(requests))
        elif self.settings.batch:
            missing = self.missing(requests)
            check_sight(self.provider, missing)
            await self._ask_each(requests, count, await self._batched(missing))
        else:
            check_sight(self.provider, self.missing(request for request in requests if request.image_count))
            async with self._turn():
                await self._ask_each(requests, count, {})
        self.tally.rounds.append((len(requests), failed))

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

    @asynccontextmanager
    async def serving(self, *, in_turn: bool) -> AsyncIterator[None]:
        """Let `ask` be called at any time, by many, until this ends: what is wrong with one request ends no other.

        If `in_turn`, other runs that ask the model are waited for before the first request is sent, and wait for this
        one from then on. This has to begin and end in the event loop that `ask` is called in.
        """
        self._start()
        async with AsyncExitStack() as turn:
            lock, taken = asyncio.Lock(), not in_turn

            async def take_turn() -> None:
                nonlocal taken
                async with lock:
                    if not taken:
                        await turn.enter_async_context(self._turn())
                        taken = True

            self._serving = take_turn
            try:
                yield
            finally:
                self._serving = None
                if flights := list(self._flights.values()):
                    await asyncio.wait(flights, timeout=GRACE)
                self.spending.close()

    def _stop(self, error: LocomoError) -> None:
        """Let nothing more be sent, unless those who ask have nothing to do with each other."""
        if self._serving is None:
            self._stopped = error

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return one_run_at_a_time(self._beside_cache("turns"), f"{self.provider.name}/{self.provider.model}")

    async def _ask_each(
        self,
        requests: Sequence[Request],
        on_outcome: Callable[[int, Outcome], None],
        in_batches: dict[str, Outcome],
    ) -> None:
        rest = iter(enumerate(requests))

        async def some() -> None:
            for place, request in rest:
                if (outcome := in_batches.pop(request.key, None)) is not None:
                    self.tally.requests += 1
                else:
                    outcome = await self.ask(request)
                on_outcome(place, outcome)

        await self._together([some() for _ in range(min(AT_ONCE, len(requests)))])

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

    def missing(self, requests: Iterable[Request]) -> list[Request]:
        """Return those that the cache knows no answer and no refusal of, each once."""
        seen: set[str] = set()
        found = []
        for request in requests:
            if request.key not in seen and self.cache.find(request) is None:
                found.append(request)
            seen.add(request.key)
        return found

    def _beside_cache(self, what: str) -> Path:
        """Return a folder for what runs that share the cache have to tell each other."""
        folder = self.cache.folder or default_folder()
        return folder.with_name(f"{folder.name}-{what}")

    async def _batched(self, missing: Sequence[Request]) -> dict[str, Outcome]:
        """Ask through the provider's batches; return what became of it, by key. Schemas need single calls.

        What another machine asks for is left to single calls, which wait for it.
        """
        missing = [request for request in missing if request.schema is None]
        ours = await self.cache.claim(missing)
        missing = [request for request in missing if request.key in ours]
        try:
            outcomes: dict[str, Outcome] = {}
            folder = self._beside_cache("batches")
            for request, answer in await ask_in_batches(self.provider, missing, self.cache, self.account, folder):
                outcomes[request.key] = (
                    Outcome(request, answer) if isinstance(answer, Response) else self._failed(request, answer)
                )
            return outcomes
        finally:
            await self.cache.give_up(missing)

    def _hit(self, request: Request, found: Found) -> Outcome:
        self.tally.hits += 1
        if isinstance(found, Response):
            return Outcome(request, found, hit=True)
        return replace(self._refused(request, found), hit=True)

    def _failed(self, request: Request, error: Exception) -> Outcome:
        if isinstance(error, AnswerError):
            return self._refused(request, Refusal.of(error))
        self.tally.errors += 1
        return Outcome(request, None, str(error), transient=isinstance(error, TransientError))

    def _refused(self, request: Request, refusal: Refusal) -> Outcome:
        self.tally.errors += 1
        self.tally.failures[refusal.reason] += 1
        return Outcome(request, None, refusal.reason, refusal=refusal)

    async def _send(self, request: Request) -> Outcome:
        """Ask for an answer that nobody else asks for, and store what comes, be it a refusal."""
        if self._serving is not None:
            await self._serving()
        if (found := await self.cache.hold(request)) is not None:
            return self._hit(request, found)
        try:
            response = await self._attempts(request)
        except _MeanwhileError as meanwhile:
            return self._hit(request, meanwhile.found)
        except AnswerError as error:
            await store_answer(self.cache, request, error)
            return self._failed(request, error)
        except TransientError as error:
            await self.cache.give_up([request])
            return self._failed(request, error)
        except LocomoError as error:
            if isinstance(error, ProviderError):
                self._stop(error)
            await self.cache.give_up([request])
            raise
        await store_answer(self.cache, request, response)
        self.tally.answered += 1
        return Outcome(request, response)

    async def _attempts(self, request: Request) -> Response:
        """Send until there is an answer; the first one of those that share a prefix goes ahead of the others.

        So a provider that keeps evaluated prompts has the prefix when the others come, and bills it as cached. One that
        keeps the last prompt alone would have lost it by then, and is asked in order.
        """
        if not request.shared_prefix or getattr(self.provider, "keeps_last_prompt", False):
            return await self._answer(request, lambda: None)
        async with self._prefixes.turn(_prefix(request)) as was_read:
            return await self._answer(request, was_read)

    async def _answer(self, request: Request, was_read: Callable[[], None]) -> Response:
        asked = _Calls(self.provider.capabilities, lambda call: self._retried(call, request, was_read))
        if not self.provider.capabilities.tools:
            if request.tools and request.tool_choice != "none":
                return await tools.complete(asked, request)
            request = tools.plain(request)
        if request.schema is not None:
            return await structured.complete(asked, request)
        return await asked.complete(request)

    async def _retried(self, call: Request, request: Request, was_read: Callable[[], None]) -> Response:
        def on_retry(error: TransientError) -> None:
            self.tally.retries[error.counted] += 1

        async def attempt() -> Response:
            try:
                return await self._attempt(call, request)
            finally:
                was_read()

        return await retry(attempt, on_retry=on_retry)

    async def _attempt(self, call: Request, request: Request) -> Response:
        """Make one call for a request: the request itself, or what its schema makes of it."""
        tokens, most = estimate(call), call.max_tokens + self.provider.capabilities.thinking_room
        async with self._slots:
            reserved = await self.spending.reserve(tokens, most)
            try:
                await self._limiter.admit(tokens + most)
                if (found := await self.cache.look(request)) is not None:
                    self._limiter.settle(tokens + most, 0)
                    raise _MeanwhileError(found)
                if self._stopped:
                    raise self._stopped
                return await self._call(call, request, reserved)
            except IncompleteError as error:
                self._stop(error)
                raise
            finally:
                self.spending.release(reserved)

    async def _call(self, call: Request, request: Request, reserved: Reserved) -> Response:
        sent_at = time.monotonic()
        self._contact.sending()
        self.account.sending(request, reserved)
        reserved_tokens = used_tokens = reserved.input_tokens + reserved.output_tokens
        if (task := asyncio.current_task()) is not None:
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)
        try:
            response = await self._complete(call)
            used_tokens = response.input_tokens + response.output_tokens
        except (AnswerError, TransientError) as error:
            self.account.book(request, error, reserved, seconds=time.monotonic() - sent_at)
            if isinstance(error, TransientError):
                if task is not None:
                    self._calls.discard(task)
                if error.rate_limited:
                    used_tokens = 0
                    self._refusals += 1
                    self._slots.refused(sent_at)
                    if self._refusals >= REFUSALS_IN_A_ROW:
                        self._limiter.hold(error.retry_after or 1.0)
                self._contact.failed(error)
            raise
        except ProviderError as error:
            self.account.book(request, error, reserved, seconds=time.monotonic() - sent_at)
            raise
        except asyncio.CancelledError as cancelled:  # it is under way, and nobody will say what it takes
            self.account.book_most(request, reserved, cancelled)
            raise
        finally:
            self._limiter.settle(reserved_tokens, used_tokens)
            if self.provider.limits != self._said:
                self._said = self.provider.limits
                self._limiter.adopt(self._said)
        seconds = time.monotonic() - sent_at
        self._refusals = 0
        self._contact.answered()
        self._slots.succeeded()
        self.tally.seconds.append(seconds)
        self.account.book(request, response, reserved, seconds=seconds)
        return response

    async def _complete(self, call: Request) -> Response:
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await self.provider.complete(call)
        except TimeoutError:
            raise TransientError(f"no answer in {self.settings.timeout} s", accepted=True) from None


@dataclass(frozen=True, slots=True)
class _Calls:
    """A model whose every call is limited, tried again and paid for (see `structured.Asked`)."""

    capabilities: Capabilities
    call: Callable[[Request], Awaitable[Response]]

    async def complete(self, request: Request) -> Response:
        return await self.call(request)


def _prefix(request: Request) -> bytes:
    """Return what stands for the prompt up to where requests that share it differ."""
    *before, last = request.messages
    parts = [*(message.content for message in before), last.content[: request.shared_prefix]]
    return hashlib.sha256("\0".join(parts).encode()).digest()
