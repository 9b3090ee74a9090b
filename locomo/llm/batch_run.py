"""Answering many requests in batches, such that nothing is paid twice whenever and however often we are stopped.

A batch is noted in a file *before* it is handed in, and its id is added as soon as it is known. In this order nothing
is lost: after a kill in between, the note makes us look for the batch at the provider, where it is found by a name of
ours (OpenAI keeps it with the batch) or as the next one of its size (Anthropic has no place for a name). The other
order would leave a batch that is paid and that nobody knows of. The worst that is left is a batch that the provider
does not list: it is handed in again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from locomo.errors import ProviderError
from locomo.llm.batch import BatchService, BatchStatus, QueueFullError, UnknownBatchError, batch_service, custom_id
from locomo.llm.pending import Pending, PendingBatches
from locomo.llm.portions import portions
from locomo.llm.provider import Provider, TransientError
from locomo.llm.retry import retry
from locomo.llm.types import Request, Response

log = logging.getLogger("locomo")

ATTEMPTS = 12
"""Five minutes at least: who waits for a day does not give up over a network that is away for a moment."""
FIRST_POLL = 2.0
LONGEST_POLL = 60.0
"""Seconds between two looks at a batch."""
SECONDS_BETWEEN_LINES = 20.0

OnDone = Callable[[Request, Response | Exception], None]


async def answer_in_batches(
    provider: Provider,
    requests: Sequence[Request],
    *,
    store: Callable[[Request, Response], Awaitable[None]],
    folder: Path,
    on_done: OnDone,
    poll_seconds: float = LONGEST_POLL,
    stored: Callable[[Request], Response | None] = lambda _: None,
) -> None:
    """Answer requests that are not in the cache; `on_done` is called once for each that is distinct.

    A response is handed over after it is stored, an error after its batch is settled, so that raising it is safe.
    A TransientError means that running again asks for the request, or waits for its batch, again. `folder` keeps notes
    of batches that are under way, for later runs and for others at the same time. `stored` looks a request up once more
    when nobody else can hand it in. Looks at a batch are at most `poll_seconds` apart.

    ProviderError where the key or a whole batch is refused: what was handed in besides stays noted.
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
    store: Callable[[Request, Response], Awaitable[None]]
    pending: PendingBatches
    on_done: OnDone
    stored: Callable[[Request], Response | None]
    poll_seconds: float

    def __post_init__(self) -> None:
        self.name = f"{self.provider.name}/{self.provider.model}"
        self.most = self.service.limits.requests

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
            portion, requests = requests[: self.most], requests[self.most :]
            await self.answer(portion)

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
            for portion in portions(rest, most=self.most, room=self.service.limits.bytes, size=self.service.size):
                under_way.append(await self._submit(portion))
        except TransientError as error:
            held = {key for pending in under_way for key in pending.keys}
            self._all_failed((key for key in requests if key not in held), error)
        return under_way

    async def read(self, pending: Pending) -> None:
        """Wait for a batch, store its answers and hand over what became of each request."""
        batch = pending.batch or ""
        left = {custom_id(self.wanted[key]): self.wanted[key] for key in pending.keys if key in self.wanted}
        keys = {request.key for request in left.values()}
        errors: list[tuple[Request, Exception]] = []

        async def download() -> None:
            async for name, answer in self.service.results(batch, left):
                if (request := left.pop(name, None)) is None:
                    continue
                if isinstance(answer, Response):
                    await self.store(request, answer)
                    self.done(request, answer)
                else:
                    errors.append((request, answer))

        began = time.monotonic()
        try:
            status = await self._wait(batch)
            await retry(download, attempts=ATTEMPTS)
        except TransientError as error:  # the note stays: the next run waits and reads again
            self._all_failed(keys, error)
            return
        except UnknownBatchError as error:
            raise ProviderError(
                f"model '{self.name}': {error}; use the key that it was made with, "
                f"or delete {self.pending.path(pending)} to ask its questions again"
            ) from None
        async with self.pending.lock():
            self.pending.settle(pending, keys)
        answered, minutes = len(keys) - len(left) - len(errors), (time.monotonic() - began) / 60
        log.info("%s: batch %s has ended: %d of %d answered, %.1f min", self.name, batch, answered, len(keys), minutes)
        for request, answer in errors:
            self.done(request, answer)
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
        mark = await retry(self.service.mark, attempts=ATTEMPTS)
        pending = self.pending.add(self.provider.name, self.provider.model, self.service.address, mark=mark, keys=keys)
        arrived = False  # whether an earlier attempt may have arrived although its answer did not

        async def attempt() -> str:
            nonlocal arrived
            if arrived and (found := await self._find(pending)):
                return found
            try:
                return await self.service.submit(requests, mark)
            except TransientError as error:
                arrived = arrived or not error.rate_limited
                raise

        try:
            batch = await retry(attempt, attempts=ATTEMPTS)
        except ProviderError:
            self.pending.drop(pending)
            raise
        log.info(
            "%s: batch %s of %d requests is handed in; it may take a day, and goes on if this run is stopped",
            self.name,
            batch,
            len(requests),
        )
        return self.pending.identify(pending, batch)

    async def _recover(self, pending: Pending) -> list[Pending]:
        """Return a batch that a run before us left, with its id; nothing if it was never handed in."""
        if pending.batch is None:
            batch = await retry(lambda: self._find(pending), attempts=ATTEMPTS)
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
            status = await retry(lambda: self.service.status(batch), attempts=ATTEMPTS)
            if status.ended:
                return status
            if status.done != said and time.monotonic() - said_at >= SECONDS_BETWEEN_LINES:
                said, said_at = status.done, time.monotonic()
                log.info("%s: batch %s: %d of %d done", self.name, batch, status.done, status.total)
            await asyncio.sleep(interval)
            interval = min(interval * 1.5, self.poll_seconds)
