"""Running a coroutine to its end, whether or not an event loop is running already, as one does in a notebook."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, in an event loop of its own; what it raises is raised here.

    In a thread with a running loop, where `asyncio.run` refuses, it runs in another thread, with the context variables
    of this one. Ctrl-C cancels it either way: KeyboardInterrupt is raised once it has wound down.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    return _Elsewhere(coroutine).result()


class _Elsewhere(Generic[T]):
    """A coroutine that runs in a thread with a loop of its own."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._started = threading.Event()
        self._ended: Future[T] = Future()
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._run,), name="locomo-loop", daemon=True).start()

    def result(self) -> T:
        """Wait for what it comes to."""
        try:
            wait([self._ended])
        except KeyboardInterrupt:
            self._started.wait()
            if self._loop is not None and self._task is not None and not self._ended.done():
                self._loop.call_soon_threadsafe(self._task.cancel)
            wait([self._ended])  # what is paid for is stored
            raise
        return self._ended.result()

    async def _main(self) -> T:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._started.set()
        return await self._coroutine

    def _run(self) -> None:
        try:
            self._ended.set_result(asyncio.run(self._main()))
        except BaseException as error:  # it belongs to the thread that waits
            self._ended.set_exception(error)
        finally:
            self._started.set()
