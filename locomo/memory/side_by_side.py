"""Several conversations at once: each in a thread of its own, which waits for a memory system in a process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _HaltedError(Exception):
    """Raised inside work that is not wanted any more."""


def side_by_side(
    work: Callable[[Item, Callable[[], None]], Result],
    items: Sequence[Item],
    *,
    workers: int,
    on_step: Callable[[], None] = lambda: None,
) -> list[Result]:
    """Return the results of `work(item, step)` in the order of the items, `workers` of them at a time.

    Work calls `step` whenever something is done that can be left as it is: a session, a question. If one item fails, or
    at Ctrl-C, the others stop at their next step, and no other one begins. The error that came first is raised, once
    all have ended.
    """
    halted = threading.Event()
    errors: list[BaseException] = []

    def step() -> None:
        on_step()
        if halted.is_set():
            raise _HaltedError

    def one(item: Item) -> Result:
        try:
            return work(item, step)
        except _HaltedError:
            raise
        except BaseException as error:
            errors.append(error)
            halted.set()  # here, since the thread that waits may be late
            raise

    with ThreadPoolExecutor(workers) as pool:
        tasks = [pool.submit(one, item) for item in items]
        try:
            wait(tasks, return_when=FIRST_EXCEPTION)
        finally:
            halted.set()
            pool.shutdown(cancel_futures=True)
    if errors:
        raise errors[0]
    return [task.result() for task in tasks]
