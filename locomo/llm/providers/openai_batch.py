"""OpenAI's Batch API: a file of requests goes up, a file of answers and one of errors come down."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from locomo.files import canonical_json
from locomo.llm.batch import BatchLimits, BatchStatus, QueueFullError, custom_id
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.providers.remote_batches import CLOCK_SKEW, PAGE, RemoteBatches
from locomo.llm.providers.words import words_of
from locomo.llm.types import Request, Response

LIMITS = BatchLimits(requests=50_000, bytes=200_000_000)
ENDED = ("completed", "failed", "expired", "cancelled")
FOR_NOW = ("batch_expired", "batch_cancelled", "request_timeout")
"""Codes of requests that were not answered and may be sent again."""
QUEUE_FULL = "token_limit_exceeded"
"""Code of a batch that has more tokens than may wait in an account, which for a new one are few."""
MARK = "locomo"
"""Where a batch's mark stands in its metadata."""


class OpenAIBatches(RemoteBatches):
    """Batches of one model behind an OpenAI-compatible server."""

    limits = LIMITS

    def size(self, request: Request) -> int:
        """Return the bytes of a request's line."""
        return len(self._line(request))

    async def mark(self) -> str:
        """Return a name of our own, which is kept with the batch."""
        return secrets.token_hex(8)

    async def submit(self, requests: Sequence[Request], mark: str) -> str:
        """Hand in a batch and return its id."""
        from openai.types import Batch

        self.note(requests)
        data = b"".join(self._line(request) for request in requests)
        with self.calls(self.none_here()):
            file = await self.model._client.files.create(file=(f"{MARK}-{mark}.jsonl", data), purpose="batch")
            batch = await self.model._client.batches.create(
                input_file_id=getattr(file, "id", ""),
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={MARK: mark},
            )
        return str(self.checked(batch, Batch).id)

    async def find(self, mark: str, *, count: int, since: float, taken: Collection[str]) -> str | None:
        """Return the id of the batch that carries a mark, or None."""
        with self.calls(self.none_here()):
            async for batch in self.model._client.batches.list(limit=PAGE):  # the latest first
                if (batch.metadata or {}).get(MARK) == mark:
                    return str(batch.id)
                if batch.created_at < since - CLOCK_SKEW:
                    break
        return None

    async def status(self, batch_id: str) -> BatchStatus:
        """Return how far a batch is."""
        batch = await self._retrieve(batch_id)
        counts = batch.request_counts
        results = batch.output_file_id or batch.error_file_id
        return BatchStatus(
            # For a moment a batch is completed, and its files are not yet named.
            ended=batch.status in ENDED and bool(batch.status != "completed" or results),
            done=counts.completed + counts.failed if counts else 0,
            total=counts.total if counts else 0,
            problem=self._problem(batch),
        )

    async def results(
        self, batch_id: str, requests: Mapping[str, Request]
    ) -> AsyncIterator[tuple[str, Response | Exception]]:
        """Yield what became of `requests` in a batch that has ended."""
        batch = await self._retrieve(batch_id)
        for file_id in (batch.output_file_id, batch.error_file_id):
            if file_id:
                with self.calls(self.unknown(batch_id)):
                    text = (await self.model._client.files.content(file_id)).text
                for name, line in self.lines(text):
                    if name in requests:
                        yield name, self._result(line, requests[name])

    async def _retrieve(self, batch_id: str) -> Any:
        from openai.types import Batch

        with self.calls(self.unknown(batch_id)):
            return self.checked(await self.model._client.batches.retrieve(batch_id), Batch)

    def _problem(self, batch: Any) -> Any:
        if batch.status == "failed":
            errors = (batch.errors.data if batch.errors else None) or []
            if any(error.code == QUEUE_FULL for error in errors):
                return QueueFullError(" ".join(str(errors[0].message).split()))
            reasons = "; ".join(str(error.message or error.code) for error in errors[:3]) or "no reason is given"
            return self.service.refused(f"batch {batch.id} was refused: {reasons}")
        if batch.status in ("expired", "cancelled"):
            return TransientError(f"batch {batch.id} {_became(batch.status)} before this request was answered")
        return None

    def _result(self, line: Mapping[str, Any], request: Request) -> Response | Exception:
        answer, error = line.get("response"), line.get("error")
        if not isinstance(answer, dict):
            return _unanswered(error if isinstance(error, dict) else {})
        status, body = answer.get("status_code"), answer.get("body")
        if not isinstance(body, dict) or not isinstance(status, int):
            return self.service.unreadable("a result without an answer")
        if status != 200:
            return self.service.status(status, words_of(body))
        return self.outcome(lambda: self.model.read(body, request))

    def _line(self, request: Request) -> bytes:
        line = {
            "custom_id": custom_id(request),
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": self.model.body(request),
        }
        return canonical_json(line).encode() + b"\n"


def _unanswered(error: Mapping[str, Any]) -> Exception:
    code, message = str(error.get("code")), str(error.get("message") or "the request failed in its batch")
    return TransientError(message) if code in FOR_NOW else AnswerError(f"{message} ({code})")


def _became(status: str) -> str:
    return "expired" if status == "expired" else "was cancelled"
