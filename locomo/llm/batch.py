"""What a provider of batches has to offer: many requests submitted at once, answered within a day, at half price."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from locomo.errors import ProviderError
from locomo.llm.provider import Provider, TransientError
from locomo.llm.types import Request, Response


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What fits into one batch."""

    requests: int
    bytes: int


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How far a batch is."""

    ended: bool
    """Whether its results can be read; there is none for some requests if it went wrong."""
    done: int
    """Requests that are answered or have failed. Some providers count only when all are done."""
    total: int
    """Requests in it; 0 while they are not counted yet."""
    problem: ProviderError | TransientError | None = None
    """Why requests have no result: the whole batch was refused permanently, or it expired or was cancelled."""


class QueueFullError(TransientError):
    """A batch was refused as a whole since it is more than an account may have waiting; a smaller one may do."""


class UnknownBatchError(Exception):
    """The provider knows no such batch, or keeps its results no longer."""


class BatchService(Protocol):
    """The batches of one model. Trouble is reported as `Provider` says, and as UnknownBatchError.

    Results are told apart by `custom_id`.
    """

    address: str
    """Where the batches are kept: another server, or the same behind another address, knows nothing of them."""
    limits: BatchLimits

    def size(self, request: Request) -> int:
        """Return the bytes that a request takes in a batch."""
        ...

    async def mark(self) -> str:
        """Return what `find` finds the next batch by, to be noted before it is submitted."""
        ...

    async def submit(self, requests: Sequence[Request], mark: str) -> str:
        """Hand in a batch and return its id."""
        ...

    async def find(self, mark: str, *, count: int, since: float, taken: Collection[str]) -> str | None:
        """Return the id of a batch that was submitted although we never learned its id, or None.

        It has `count` requests, was submitted after `since` (seconds since 1970), and is none of `taken`.
        """
        ...

    async def status(self, batch_id: str) -> BatchStatus:
        """Return how far a batch is."""
        ...

    def results(
        self, batch_id: str, requests: Mapping[str, Request]
    ) -> AsyncIterator[tuple[str, Response | Exception]]:
        """Yield what became of `requests` (by custom id) in a batch that has ended, in any order.

        An error is TransientError where the request may be sent again; else AnswerError or ProviderError.
        """
        ...

    def learn(self, errors: Sequence[tuple[Request, Exception]]) -> list[Request]:
        """Return the requests that may be handed in again, now without what the server refuses of them."""
        ...


def custom_id(request: Request) -> str:
    """Return a request's name in a batch: its key's hash, since 64 letters and digits are all that may be used."""
    return request.key.rpartition("-")[2]


def batch_service(provider: Provider) -> BatchService:
    """Return a provider's batches; ProviderError if it has none."""
    offer = getattr(provider, "batch_service", None)
    if offer is None:
        raise ProviderError(
            f"model '{provider.name}/{provider.model}': this provider has no batches (openai and anthropic have); "
            "set llm.batch to false"
        )
    service: BatchService = offer()
    return service
