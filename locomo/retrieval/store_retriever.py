"""A vector database as a retriever: `store/<kind>:<place>`, filled by `locomo export-embeddings`.

The database is asked for the nearest vectors in place of FAISS. What it returns is checked against the index that
`embed` wrote, so that a database of other vectors, or of another measure, stops a run instead of changing its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.indexes import Indexes
from locomo.retrieval.retriever import Hit
from locomo.retrieval.store_names import STORE, store_of
from locomo.retrieval.units import UNITS, Unit
from locomo.retrieval.vector_store import VectorStore, open_store
from locomo.schema import Conversation

_TOLERANCE: Final = 0.02
"""By how much a product may differ from ours, of the larger of it and 1: databases keep numbers in fewer bits."""


class StoreRetriever:
    """A `Retriever` over a database that holds what `data/index` does."""

    def __init__(self, name: str, indexes: Indexes) -> None:
        self._kind, self._place = store_of(name)
        self._indexes = indexes
        self._store: VectorStore | None = None

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`; InputError also where the database lacks the conversation or holds other vectors."""
        units = UNITS[unit](conversation)
        if not units:
            raise InputError(f"params.yaml: rag.units: {conversation.sample_id} has no unit '{unit}'; leave it out")
        vectors = self._indexes.vectors(conversation, unit)
        if not vectors.shape[1]:
            raise InputError(f"{STORE}{self._kind}: embed.encoder bm25 makes no vectors to search")
        if not questions:
            return []
        if self._store is None:
            self._store = open_store(self._kind, self._place, vectors.shape[1], must_exist=True)
        queries = self._indexes.encode(questions)
        part = f"{conversation.sample_id}/{unit}"
        found = self._store.search(queries, min(k, len(units)), part)
        return [self._hits(each, query, part, units, vectors) for each, query in zip(found, queries, strict=True)]

    def _hits(
        self, found: list[tuple[str, float]], query: Vectors, part: str, units: list[Unit], vectors: Vectors
    ) -> list[Hit]:
        again = f"; `locomo export-embeddings {self._place} --as {self._kind}` fills it"
        if not found:
            raise InputError(f"{self._place}: has no vectors of {part}{again}")
        hits = []
        for name, said in found:
            number = name.removeprefix(f"{part}/")
            if not number.isdecimal() or int(number) >= len(units):
                raise InputError(f"{self._place}: {name} is no unit of data/index{again} anew, in another place")
            product = float(np.dot(query, vectors[int(number)]))
            if abs(product - said) > _TOLERANCE * max(1.0, abs(product)):
                raise InputError(
                    f"{self._place}: the inner product of {name} and a question is {said:.3f} there, {product:.3f} by "
                    f"data/index: other vectors, or another measure than the inner product{again}"
                )
            hits.append((int(number), product))
        # The database chooses; among what it chose, order and products are those of data/index, so that equals are
        # in reading order here as by every other retriever.
        hits.sort(key=lambda hit: (-hit[1], hit[0]))
        return [Hit(units[number], product) for number, product in hits]
