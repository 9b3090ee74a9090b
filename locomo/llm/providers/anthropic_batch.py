"""Anthropic's Message Batches: requests go up in one call, results come down as JSON lines."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from locomo.files import canonical_json
from locomo.llm.batch import BatchLimits, BatchStatus, custom_id
from locomo.llm.provider import TransientError
from locomo.llm.providers.remote_batches import CLOCK_SKEW, PAGE, RemoteBatches
from locomo.llm.providers.trouble import STATUS_OF_KIND
from locomo.llm.providers.words import words_of
from locomo.llm.types import Request, Response

LIMITS = BatchLimits(requests=100_000, bytes=256_000_000)


class AnthropicBatches(RemoteBatches):
    """Batches of one model behind Anthropic's API."""

    limits = LIMITS

    def size(self, request: Request) -> int:
        """Return the bytes of a request and the comma behind it."""
        return len(canonical_json(self._item(request)).encode()) + 1

    async def mark(self) -> str:
        """Return the id of the latest batch: a batch has no place for a name of ours, but it will be a later one."""
        with self.calls(self.none_here()):
            async for batch in self.model._client.messages.batches.list(limit=1):
                return str(batch.id)
        return ""

    async def submit(self, requests: Sequence[Request], mark: str) -> str:
        """Hand in a batch and return its id."""
        from anthropic.types.messages import MessageBatch

        self.note(requests)
        with self.calls(self.none_here()):
            batch = await self.model._client.messages.batches.create(requests=[self._item(each) for each in requests])
        return str(self.checked(batch, MessageBatch).id)

    async def find(self, mark: str, *, count: int, since: float, taken: Collection[str]) -> str | None:
        """Return the id of the first batch of `count` requests after the mark, or None.

        If it is somebody else's after all, the names of its results say so, and nothing is lost but time.
        """
        found = None
        with self.calls(self.none_here()):
            async for batch in self.model._client.messages.batches.list(limit=PAGE):  # the latest first
                if batch.id == mark or _seconds(batch.created_at) < since - CLOCK_SKEW:
                    break
                if batch.id not in taken and _total(batch.request_counts) == count:
                    found = str(batch.id)
        return found

    async def status(self, batch_id: str) -> BatchStatus:
        """Return how far a batch is."""
        from anthropic.types.messages import MessageBatch

        with self.calls(self.unknown(batch_id)):
            answer = await self.model._client.messages.batches.retrieve(batch_id)
        batch = self.checked(answer, MessageBatch)
        total = _total(batch.request_counts)
        return BatchStatus(
            ended=batch.processing_status == "ended", done=total - batch.request_counts.processing, total=total
        )

    async def results(
        self, batch_id: str, requests: Mapping[str, Request]
    ) -> AsyncIterator[tuple[str, Response | Exception]]:
        """Yield what became of `requests` in a batch that has ended."""
        # Not by the URL that the batch names, as their library does: behind a gateway it is another host.
        with self.calls(self.unknown(batch_id)):
            text = await self.model._client.get(f"/v1/messages/batches/{batch_id}/results", cast_to=str)
        for name, line in self.lines(text):
            if name in requests:
                yield name, self._result(line, requests[name])

    def _result(self, line: Mapping[str, Any], request: Request) -> Response | Exception:
        from anthropic.types import Message

        result = line.get("result")
        if not isinstance(result, dict):
            return self.service.unreadable("a line without a result")
        kind = result.get("type")
        if kind == "succeeded" and isinstance(message := result.get("message"), dict):
            return self.outcome(lambda: self.model.read(Message.model_construct(**message), request))
        if kind == "errored":
            error = result.get("error") or {}
            inner = error["error"] if isinstance(error.get("error"), dict) else error
            return self.service.status(STATUS_OF_KIND.get(str(inner.get("type")), 500), words_of({"error": inner}))
        if kind == "expired":
            return TransientError("the batch expired before this request was answered")
        if kind == "canceled":
            return TransientError("the batch was cancelled before this request was answered")
        return self.service.unreadable("a result without an answer")

    def _item(self, request: Request) -> dict[str, Any]:
        return {"custom_id": custom_id(request), "params": self.model.body(request)}


def _total(counts: Any) -> int:
    return int(counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired)


def _seconds(created: datetime) -> float:
    return (created if created.tzinfo else created.replace(tzinfo=UTC)).timestamp()
