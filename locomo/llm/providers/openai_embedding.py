"""Embeddings of OpenAI and of every server that speaks as it does: services by name, or `OPENAI_BASE_URL`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from locomo.errors import ProviderError
from locomo.llm.catalog import Facts
from locomo.llm.embedding import Vectors
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.openai import find_service
from locomo.llm.providers.remote import Named, Service
from locomo.llm.providers.sdk import async_client
from locomo.llm.tokens import estimate_tokens

WINDOW = 8_192
"""Tokens of one text, for all of their models; a project's models.yaml may say `context_window` for another."""


def open_model(model: str, facts: Facts, named: Named | None = None) -> OpenAIEmbeddings:
    """Open a model; ProviderError if the key or the address cannot be used."""
    return OpenAIEmbeddings(model, facts.context_window or WINDOW, find_service(model, named))


class OpenAIEmbeddings:
    """One model behind an OpenAI-compatible server."""

    concurrency = 8
    max_texts = 2_048
    max_tokens = 300_000

    def __init__(self, model: str, window: int, service: Service) -> None:
        self.name = service.name
        self.model = model
        self.revision = service.entry.revision
        self.service = service.kept
        self.window = window
        self._service = service
        self._connection = Connection(service, lambda key: async_client("openai", service, key))

    @property
    def _client(self) -> Any:
        return self._connection.client()

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def embed(self, texts: Sequence[str], dimensions: int | None) -> tuple[Vectors, int]:
        """Return one row for each text, in order, and the tokens that it took."""
        import openai

        wanted = {} if dimensions is None else {"dimensions": dimensions}
        try:
            with self._service.sdk_errors(openai):
                answer = await self._client.embeddings.create(model=self.model, input=list(texts), **wanted)
        except AttributeError:  # the library looks for vectors, also in a page of HTML
            raise self._none_here() from None
        except ValueError as error:  # it found none, or could not decode them
            raise self._service.unreadable(error) from None
        vectors = self._read(answer, len(texts))
        if dimensions not in (None, vectors.shape[1]):
            raise self._service.refused(
                f"vectors of {vectors.shape[1]} numbers where {dimensions} were asked for; leave `dimensions` out"
            )
        return vectors, answer.usage.prompt_tokens if answer.usage else 0

    def _read(self, answer: Any, count: int) -> Vectors:
        from openai.types import CreateEmbeddingResponse

        if not isinstance(answer, CreateEmbeddingResponse):
            raise self._none_here()
        try:
            items = sorted(answer.data, key=lambda item: item.index)
            vectors = np.asarray([item.embedding for item in items], dtype=np.float32)
        except (TypeError, ValueError, AttributeError) as error:
            raise self._service.unreadable(error) from None
        if [item.index for item in items] != list(range(count)):
            raise self._service.unreadable(f"{len(items)} vectors for {count} texts")
        if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
            raise self._service.unreadable("vectors that are none")
        return vectors

    def _none_here(self) -> ProviderError:
        return self._service.refused(
            f"{self._service.address} does not answer with embeddings; check {self._service.address_variable} "
            "(most end in /v1)"
        )

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for client in self._connection.take():
            await client.close()
