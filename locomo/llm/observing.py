"""Who else is told of calls, beside the journal: telemetry where it is on, else nobody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from locomo.llm.types import Request, Response, Tally


@dataclass(frozen=True, slots=True)
class Asking:
    """One client for as long as it asks: its books, and how much is under way. They are read, never kept."""

    model: str
    """As `provider/model`."""
    stage: str
    tally: Tally
    usd: Callable[[], float]
    """US dollars spent so far."""
    in_flight: Callable[[], int] = lambda: 0
    """Calls that the provider is answering."""
    queued: Callable[[], int] = lambda: 0
    """Requests that wait to be sent."""


class Observer(Protocol):
    """What wants to know of calls. It is called in the midst of them: it neither waits nor raises."""

    def opened(self, asking: Asking) -> None:
        """Note a client that is about to ask."""
        ...

    def called(
        self,
        request: Request,
        answer: Response | BaseException,
        received: tuple[Response | None, ...],
        *,
        seconds: float | None,
        usd: float | None,
    ) -> None:
        """Note one call: what came of it, what is billed of that, and how long it took; None where it is not known."""
        ...


observer: Observer | None = None
"""Of this process."""


def observe(new: Observer | None) -> None:
    """Tell an observer of all calls from now on; None: nobody."""
    global observer  # noqa: PLW0603  (calls happen in one process, for one stage)
    observer = new
