"""Vectors for texts from a service, through the cache: what was embedded once is never paid again."""

from __future__ import annotations

import asyncio
import base64
import importlib
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from locomo.errors import InputError, ProviderError, did_you_mean
from locomo.llm.cache import RequestCache
from locomo.llm.catalog import read_catalog
from locomo.llm.portions import portions
from locomo.llm.provider import TransientError
from locomo.llm.retry import retry
from locomo.llm.types import Message, Request, Response, Tally

EMBEDDERS = {"openai": "locomo.llm.providers.openai_embedding"}
"""Provider to module, which has `open_model(model, facts)`."""
BEGINNING = 40
"""Characters by which a text is named in errors."""

Vectors = npt.NDArray[np.float32]


class EmbeddingModel(Protocol):
    """One model that makes vectors. Trouble is reported as `locomo.llm.provider.Provider` says."""

    name: str
    model: str
    revision: str | None
    concurrency: int
    """Calls that it serves at once."""
    max_texts: int
    """In one call."""
    max_tokens: int
    """In one call."""
    window: int
    """Tokens of one text."""

    def count_tokens(self, text: str) -> int:
        """Return the tokens of a text, or a little more."""
        ...

    async def embed(self, texts: Sequence[str], dimensions: int | None) -> tuple[Vectors, int]:
        """Return one row for each text, in order, and the tokens that it took."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...


def open_embedding_model(name: str) -> EmbeddingModel:
    """Open `provider/model`; InputError for a name that cannot be meant, ProviderError if it cannot be used here."""
    provider, _, model = name.partition("/")
    if provider not in EMBEDDERS or not model:
        known = ", ".join(f"{each}/…" for each in EMBEDDERS)
        raise InputError(f"embedding model '{name}': expected {known}{did_you_mean(provider, EMBEDDERS)}")
    facts = read_catalog().resolve(name)[1]
    opened: EmbeddingModel = importlib.import_module(EMBEDDERS[provider]).open_model(model, facts)
    return opened


class EmbeddingClient:
    """Embeds texts with one model, through the cache."""

    def __init__(
        self, model: EmbeddingModel, cache: RequestCache, *, dimensions: int | None = None, offline: bool = False
    ) -> None:
        self.model = model
        self.cache = cache
        self.offline = offline
        self.dimensions = dimensions
        self.tally = Tally()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """Return a row for each text, in order. Each call's vectors are stored as it returns.

        InputError if a text is empty or too long, ProviderError at the first refusal for good, or offline if the cache
        lacks some; TransientError, once all
        other calls have ended, if one failed for now.
        """
        for number, text in enumerate(texts, start=1):
            self._check(text, f"text {number} of {len(texts)}")
        requests = {text: self._request(text) for text in texts}
        rows = {text: row for text, request in requests.items() if (row := self._stored(request)) is not None}
        missing = [text for text in requests if text not in rows]
        self.tally.requests += len(texts)
        self.tally.hits += len(texts) - len(missing)

        if missing and self.offline:
            raise ProviderError(
                f"encoder '{self._name}': {len(missing)} texts are not in the cache; llm.offline=false asks the service"
            )
        slots = asyncio.Semaphore(self.model.concurrency)
        failed: list[TransientError] = []

        async def send(portion: list[str]) -> None:
            try:
                rows.update(zip(portion, await self._send(portion, slots), strict=True))
            except TransientError as error:  # what the other calls bring is paid: let them end
                self.tally.errors += len(portion)
                failed.append(error)
                return
            await asyncio.gather(*(self._store(requests[text], rows[text]) for text in portion))

        calls = portions(missing, most=self.model.max_texts, room=self.model.max_tokens, size=self.model.count_tokens)
        try:
            async with asyncio.TaskGroup() as group:
                for portion in calls:
                    group.create_task(send(portion))
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
        if failed:
            raise failed[0]
        return self._stacked([rows[text] for text in texts])

    def _check(self, text: str, place: str) -> None:
        if not text.strip():
            raise InputError(f"model '{self._name}': {place} is empty; an embedding needs words")
        if (tokens := self.model.count_tokens(text)) > self.model.window:
            raise InputError(
                f"model '{self._name}': {place}, '{' '.join(text[:BEGINNING].split())}…', has about {tokens:,} tokens, "
                f"expected at most {self.model.window:,}; shorten it"
            )

    async def _send(self, portion: list[str], slots: asyncio.Semaphore) -> Vectors:
        async def call() -> tuple[Vectors, int]:
            async with slots:
                return await self.model.embed(portion, self.dimensions)

        def count(error: TransientError) -> None:
            self.tally.retries[str(error)] += 1

        vectors, tokens = await retry(call, on_retry=count)
        self.tally.input_tokens += tokens
        return vectors

    def _request(self, text: str) -> Request:
        return Request(
            provider=self.model.name,
            model=self.model.model,
            revision=self.model.revision,
            messages=(Message("user", text),),
            max_tokens=0,
            kind="embedding",
            dimensions=self.dimensions,
        )

    async def _store(self, request: Request, vector: Vectors) -> None:
        """Store a vector as base64 of its numbers, little-endian: exact, and a third of what decimals take.

        The service counts tokens for whole calls, so there are none in the entry.
        """
        text = base64.b64encode(vector.astype("<f4").tobytes()).decode()
        await self.cache.store(request, Response(text, self.model.model, input_tokens=0, output_tokens=0))

    def _stored(self, request: Request) -> Vectors | None:
        response = self.cache.get(request)
        if response is None:
            return None
        return np.frombuffer(base64.b64decode(response.text), dtype="<f4").astype(np.float32)

    def _stacked(self, rows: list[Vectors]) -> Vectors:
        lengths = sorted({len(row) for row in rows})
        if len(lengths) > 1:
            raise InputError(
                f"model '{self._name}': vectors of {' and '.join(map(str, lengths))} numbers; the server has given "
                "another model this name: use another request cache"
            )
        return np.stack(rows) if rows else np.zeros((0, self.dimensions or 0), dtype=np.float32)

    @property
    def _name(self) -> str:
        return f"{self.model.name}/{self.model.model}"
