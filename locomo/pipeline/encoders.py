"""The pipeline's encoders: local ones with the store of their vectors, those of services through the request cache."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.errors import IncompleteError
from locomo.llm.cache import open_cache
from locomo.llm.catalog import read_catalog
from locomo.llm.embedding import EMBEDDERS, EmbeddingClient, open_embedding_model
from locomo.llm.prices import read_prices
from locomo.llm.provider import TransientError
from locomo.llm.settings import LlmSettings
from locomo.llm.spending import Spending
from locomo.loops import run
from locomo.pipeline.encoder_workers import open_on_workers
from locomo.pipeline.models import journal
from locomo.pipeline.recorded import ask_only_what_is_new
from locomo.pipeline.runs import run_id
from locomo.pipeline.vectors import count
from locomo.retrieval.embedding_store import with_store
from locomo.retrieval.encoder import Encoder, OpenEncoder, Side, Vectors, check_encoder, is_local
from locomo.threads import QUESTION_THREADS


class ServiceEncoder:
    """Embeddings of `provider/model` or `service/model`, the same for queries and passages. Each text is paid once."""

    def __init__(self, name: str, llm: LlmSettings, stage: str = "") -> None:
        self.name = name
        self._llm = llm
        self._stage = stage
        self._model = open_embedding_model(name)
        self.revision = self._model.revision or self._model.model  # a service tells no more of it

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """See `Encoder`; InputError for an empty text, ProviderError at a refusal, IncompleteError at a failure."""
        return run(self._encode(texts))

    async def _encode(self, texts: Sequence[str]) -> Vectors:
        price = read_prices().find(self._model.name, self._model.model)
        spending = Spending(price, budget=self._llm.budget_usd, journal=journal(), run=run_id(), stage=self._stage)
        spending.check(self.name)
        spending.book_lost()
        if self._stage:
            spending.before_each = ask_only_what_is_new(self._stage, self.name, price)
        cache = open_cache(self._llm.cache)
        client = EmbeddingClient(self._model, cache, offline=self._llm.offline, spending=spending)
        try:
            return await client.embed(texts)
        except TransientError as error:
            raise IncompleteError(
                f"encoder '{self.name}': {error}; vectors received so far are kept: run it again"
            ) from None
        finally:
            count(client.tally, None if price is None else spending.usd)
            await self._model.close()
            cache.close()


def encoder_opener(llm: LlmSettings, stage: str = "", *, threads: int | None = None) -> OpenEncoder:
    """Return what opens any encoder, those of services too, so that nothing is computed or paid for twice.

    `stage` is the one that asks: what dvc.lock records of it is not bought again (see `locomo.pipeline.recorded`).
    """
    catalog = read_catalog()
    services = (*EMBEDDERS, *catalog.services, *catalog.aliases)

    def open_any(name: str) -> Encoder:
        local = is_local(check_encoder(name, services))
        if not local:
            return ServiceEncoder(name, llm, stage)
        return with_store(open_on_workers(name, llm.workers, threads=threads))

    return open_any


def question_encoders(llm: LlmSettings, stage: str = "") -> OpenEncoder:
    """Return what opens the encoder of a retriever's questions: see `encoder_opener`."""
    return encoder_opener(llm, stage, threads=QUESTION_THREADS)


def open_stored_encoder(name: str, llm: LlmSettings, *, threads: int | None = None, stage: str = "") -> Encoder:
    """Open one encoder as `encoder_opener` does; InputError if it cannot be."""
    return encoder_opener(llm, stage, threads=threads)(name)
