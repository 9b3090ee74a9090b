"""Answering what waits together, for models that are faster in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

GATHER = 0.01
"""Seconds that the first one waits for others to join it."""


class Batcher(Generic[Item, Result]):
    """Hands items to a blocking function, in a thread, in batches of at most `size` that have the same key."""

    def __init__(self, work: Callable[[list[Item]], list[Result]], key: Callable[[Item], Hashable], size: int) -> None:
        self._work = work
        self._key = key
        self._size = size
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: Item) -> Result:
        """Return the result of one item; what the function raises, all of its batch get."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        await asyncio.sleep(GATHER)
        while batch := self._take():
            try:
                results = await asyncio.to_thread(self._work, [item for item, _ in batch])
            except Exception as error:
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
                continue
            for (_, future), result in zip(batch, results, strict=True):
                if not future.done():
                    future.set_result(result)

    def _take(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        """Take the longest-waiting item and those that go with it; whoever was cancelled is forgotten."""
        waiting = [pair for pair in self._waiting if not pair[1].done()]
        batch = [pair for pair in waiting if self._key(pair[0]) == self._key(waiting[0][0])][: self._size]
        self._waiting = [pair for pair in waiting if pair not in batch]
        return batch
