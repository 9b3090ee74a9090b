"""Answering many requests in batches, such that nothing is paid twice whenever and however often we are stopped.

A batch is noted in a file *before* it is submitted, and its id is added as soon as it is known. In this order nothing
is lost: after a kill in between, the note makes us look for the batch at the provider, where it is found by a name of
ours (OpenAI keeps it with the batch) or as the next one of its size (Anthropic has no place for a name). The other
order would leave a batch that is paid and that nobody knows of. The worst that is left is a batch that the provider
does not list: it is submitted again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from locomo.errors import IncompleteError, ProviderError
from locomo.llm.batch import BatchService, BatchStatus, QueueFullError, UnknownBatchError, batch_service, custom_id
from locomo.llm.chunks import chunks
from locomo.llm.contact import Contact
from locomo.llm.pending import Pending, PendingBatches
from locomo.llm.provider import AnswerError, Provider, TransientError
from locomo.llm.retry import retry
from locomo.llm.types import Request, Response

log = logging.getLogger("locomo")

ATTEMPTS = 12
"""Five minutes at least: who waits for a day does not give up over a network that is away for a moment. A server that
was never reached is given up sooner (see `Contact`)."""
FIRST_POLL = 2.0
LONGEST_POLL = 60.0
"""Seconds between two looks at a batch."""
SECONDS_BETWEEN_LINES = 20.0

T = TypeVar("T")
OnDone = Callable[[Request, Response | Exception], None]
Store = Callable[[Request, Response | AnswerError], Awaitable[None]]
Stored = Callable[[Request], Response | AnswerError | None]


async def answer_in_batches(
    provider: Provider,
    requests: Sequence[Request],
    *,
    store: Store,
    folder: Path,
    on_done: OnDone,
    poll_seconds: float = LONGEST_POLL,
    stored: Stored = lambda _: None,
) -> None:
    """Answer requests that are not in the cache; `on_done` is called once for each that is distinct.

    A response is handed over after it is stored, an error after its batch is settled, so that raising it is safe. An
    AnswerError is stored too, since asking again would not change it.
    A TransientError means that running again asks for the request, or waits for its batch, again. `folder` keeps notes
    of batches that are under way, for later runs and for others at the same time. `stored` looks a request up once more
    when nobody else can hand it in. Looks at a batch are at most `poll_seconds` apart.

    ProviderError where the key or a whole batch is refused, IncompleteError where the server cannot be reached at all:
    what was submitted besides stays noted. What a server refuses of a request is left out, and it is submitted again.
    """
    run = _Run(
        provider=provider,
        service=batch_service(provider),
        wanted={request.key: request for request in requests},
        store=store,
        pending=PendingBatches(folder),
        on_done=on_done,
        stored=stored,
        poll_seconds=poll_seconds,
    )
    await run.answer(list(run.wanted.values()))


@dataclass(kw_only=True)
class _Run:
    provider: Provider
    service: BatchService
    wanted: dict[str, Request]
    """By key, those that were not handed over yet."""
    store: Store
    pending: PendingBatches
    on_done: OnDone
    stored: Stored
    poll_seconds: float

    def __post_init__(self) -> None:
        self.name = f"{self.provider.name}/{self.provider.model}"
        self.most = self.service.limits.requests
        self.contact = Contact(self.name)

    async def answer(self, requests: Sequence[Request]) -> None:
        """Hand in requests and see all batches that hold them to their ends."""
        async with self.pending.lock():
            under_way = await self.hand_in(self.not_stored(requests))
        try:
            async with asyncio.TaskGroup() as group:
                for pending in under_way:
                    group.create_task(self.read(pending))
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None

    async def answer_in_parts(self, requests: Sequence[Request]) -> None:
        """Answer what was too much for the account's queue in batches of half the size, one after the other."""
        self.most = min(self.most, max(1, len(requests) // 2))
        log.info("%s: too much for one batch; going on with batches of %d requests", self.name, self.most)
        while requests:
            chunk, requests = requests[: self.most], requests[self.most :]
            await self.answer(chunk)

    def done(self, request: Request, answer: Response | Exception) -> None:
        if self.wanted.pop(request.key, None) is not None:
            self.on_done(request, answer)

    def not_stored(self, requests: Sequence[Request]) -> dict[str, Request]:
        """Return, by key, what no other process has stored since the caller looked."""
        for request in requests:
            if (response := self.stored(request)) is not None:
                self.done(request, response)
        return {request.key: request for request in requests if request.key in self.wanted}

    async def hand_in(self, requests: Mapping[str, Request]) -> list[Pending]:
        """Hand in what no batch under way holds; return all batches to wait for. The folder must be locked."""
        under_way: list[Pending] = []
        try:
            for pending in self.pending.read():
                ours = (self.provider.name, self.provider.model, self.service.address)
                if (pending.provider, pending.model, pending.address) == ours and requests.keys() & set(pending.keys):
                    under_way += await self._recover(pending)
            held = {key for pending in under_way for key in pending.keys}
            rest = [request for key, request in requests.items() if key not in held]
            for chunk in chunks(rest, most=self.most, room=self.service.limits.bytes, size=self.service.size):
                under_way.append(await self._submit(chunk))
        except TransientError as error:
            held = {key for pending in under_way for key in pending.keys}
            self._all_failed((key for key in requests if key not in held), error)
        return under_way

    async def read(self, pending: Pending) -> None:
        """Wait for a batch, store its answers and hand over what became of each request."""
        batch = pending.batch or ""
        keys = {key for key in pending.keys if key in self.wanted}
        left: dict[str, Request] = {}
        errors: list[tuple[Request, Exception]] = []

        async def download() -> None:
            async for name, answer in self.service.results(batch, left):
                if (request := left.pop(name, None)) is None:
                    continue
                if isinstance(answer, Response | AnswerError):
                    await self.store(request, answer)
                if isinstance(answer, Response):
                    self.done(request, answer)
                else:
                    errors.append((request, answer))

        began = time.monotonic()
        try:
            status = await self._wait(batch)
            async with self.pending.reading(pending):
                # What another process has read meanwhile is stored, and booked.
                wanted = self.not_stored([self.wanted[key] for key in keys if key in self.wanted])
                left = {custom_id(request): request for request in wanted.values()}
                await self._reach(download)
                async with self.pending.lock():
                    self.pending.settle(pending, keys)
        except TransientError as error:  # the note stays: the next run waits and reads again
            self._all_failed(keys, error)
            return
        except UnknownBatchError as error:
            raise ProviderError(
                f"model '{self.name}': {error}; use the key that it was made with, "
                f"or delete {self.pending.path(pending)} to ask its questions again"
            ) from None
        answered, minutes = len(keys) - len(left) - len(errors), (time.monotonic() - began) / 60
        log.info("%s: batch %s has ended: %d of %d answered, %.1f min", self.name, batch, answered, len(keys), minutes)
        again = {request.key: request for request in self.service.learn(errors)}
        for request, answer in errors:
            if request.key not in again:
                self.done(request, answer)
        if again:
            await self.answer(list(again.values()))
        if left and isinstance(status.problem, ProviderError):
            raise status.problem
        if len(left) > 1 and isinstance(status.problem, QueueFullError):
            await self.answer_in_parts(list(left.values()))
            return
        missing = status.problem or TransientError(f"batch {batch} has no result for this request")
        self._all_failed([request.key for request in left.values()], missing)

    def _all_failed(self, keys: Iterable[str], error: Exception) -> None:
        for key in keys:
            if (request := self.wanted.get(key)) is not None:
                self.done(request, error)

    async def _submit(self, requests: Sequence[Request]) -> Pending:
        keys = [request.key for request in requests]
        mark = await self._reach(self.service.mark, proof=False)  # some make it up by themselves
        pending = self.pending.add(self.provider.name, self.provider.model, self.service.address, mark=mark, keys=keys)
        arrived = False  # whether an earlier attempt may have arrived although its answer did not

        async def attempt() -> str:
            nonlocal arrived
            if arrived and (found := await self._find(pending)):
                return found
            try:
                return await self.service.submit(requests, mark)
            except TransientError as error:
                arrived = arrived or error.accepted or not (error.rate_limited or error.unreached)
                raise

        try:
            batch = await self._reach(attempt)
        except IncompleteError:
            if not arrived:
                self.pending.drop(pending)
            raise
        except ProviderError as error:
            self.pending.drop(pending)
            if self.service.learn([(requests[0], error)]):
                return await self._submit(requests)
            raise
        log.info(
            "%s: batch %s of %d requests is submitted; it may take a day, and continues if this run is stopped",
            self.name,
            batch,
            len(requests),
        )
        return self.pending.identify(pending, batch)

    async def _recover(self, pending: Pending) -> list[Pending]:
        """Return a batch that a run before us left, with its id; nothing if it was never submitted."""
        if pending.batch is None:
            batch = await self._reach(lambda: self._find(pending))
            if batch is None:
                self.pending.drop(pending)
                return []
            pending = self.pending.identify(pending, batch)
        log.info("%s: batch %s of %d requests is under way", self.name, pending.batch, len(pending.keys))
        return [pending]

    async def _find(self, pending: Pending) -> str | None:
        taken = {other.batch for other in self.pending.read() if other.batch}
        return await self.service.find(pending.mark, count=len(pending.keys), since=pending.since, taken=taken)

    async def _wait(self, batch: str) -> BatchStatus:
        interval = min(FIRST_POLL, self.poll_seconds)
        said, said_at = 0, time.monotonic()
        while True:
            status = await self._reach(lambda: self.service.status(batch))
            if status.ended:
                return status
            if status.done != said and time.monotonic() - said_at >= SECONDS_BETWEEN_LINES:
                said, said_at = status.done, time.monotonic()
                log.info("%s: batch %s: %d of %d done", self.name, batch, status.done, status.total)
            await asyncio.sleep(interval)
            interval = min(interval * 1.5, self.poll_seconds)

    async def _reach(self, call: Callable[[], Awaitable[T]], *, proof: bool = True) -> T:
        """Call the service until it answers; IncompleteError, soon, if it was never reached.

        An answer is `proof` that it was.
        """

        async def attempt() -> T:
            self.contact.sending()
            try:
                answer = await call()
            except TransientError as error:
                self.contact.failed(error)
                raise
            if proof:
                self.contact.answered()
            return answer

        return await retry(attempt, attempts=ATTEMPTS)
