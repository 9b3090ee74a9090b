"""The pipeline's encoders: local ones with the store of their vectors, those of services through the request cache."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from locomo.errors import IncompleteError
from locomo.llm.cache import open_cache
from locomo.llm.embedding import EmbeddingClient, open_embedding_model
from locomo.llm.prices import MILLION, read_prices
from locomo.llm.provider import TransientError
from locomo.llm.settings import LlmSettings
from locomo.pipeline.vectors import count
from locomo.retrieval.embedding_store import EmbeddingStore, StoredEncoder
from locomo.retrieval.encoder import SERVICES, Encoder, Side, Vectors, open_encoder
from locomo.retrieval.transformer import TransformerEncoder


class ServiceEncoder:
    """Embeddings of `provider/model`, the same for queries and passages. Each text is paid for once."""

    def __init__(self, name: str, llm: LlmSettings) -> None:
        self.name = name
        self._llm = llm
        self._model = open_embedding_model(name)
        self.revision = self._model.revision or self._model.model  # a service tells no more of it

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """See `Encoder`; InputError for an empty text, ProviderError at a refusal, IncompleteError at a failure."""
        return asyncio.run(self._encode(texts))

    async def _encode(self, texts: Sequence[str]) -> Vectors:
        cache = open_cache(self._llm.cache)
        client = EmbeddingClient(self._model, cache, offline=self._llm.offline)
        try:
            return await client.embed(texts)
        except TransientError as error:
            raise IncompleteError(
                f"encoder '{self.name}': {error}; vectors that were received are kept: run it again"
            ) from None
        finally:
            price = read_prices().find(self._model.name, self._model.model)
            count(client.tally, None if price is None else price.input / MILLION)
            await self._model.close()
            cache.close()


def use_services(llm: LlmSettings) -> None:
    """Let `locomo.retrieval.encoder.open_encoder` open the encoders of services, with the settings of a run."""

    def open_openai(model: str) -> Encoder:
        return ServiceEncoder(f"openai/{model}", llm)

    SERVICES["openai"] = open_openai


def open_stored_encoder(name: str, llm: LlmSettings, *, threads: int | None = None) -> Encoder:
    """Open any encoder so that nothing is computed or paid for twice; InputError if it cannot be."""
    use_services(llm)
    encoder = open_encoder(name, threads=threads)
    return StoredEncoder(encoder, EmbeddingStore()) if isinstance(encoder, TransformerEncoder) else encoder
