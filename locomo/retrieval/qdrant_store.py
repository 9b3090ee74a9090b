"""Vectors in a folder that Qdrant reads and writes in this process."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.vector_store import part_of

COLLECTION: Final = "locomo"
_BATCH: Final = 1_000


def open_store(path: str, dimensions: int) -> QdrantStore:
    """Open a folder; InputError if it is in use or holds vectors of another size."""
    return QdrantStore(path, dimensions)


class QdrantStore:
    """See `locomo.retrieval.vector_store.VectorStore`."""

    def __init__(self, path: str, dimensions: int) -> None:
        from qdrant_client import QdrantClient, models

        self._models: Any = models
        try:
            self._client: Any = QdrantClient(path=path)
        except (RuntimeError, OSError, ValueError) as error:
            raise InputError(f"{path}: cannot be opened by Qdrant ({error})") from None
        if not self._client.collection_exists(COLLECTION):
            sizes = models.VectorParams(size=dimensions, distance=models.Distance.DOT)
            self._client.create_collection(COLLECTION, vectors_config=sizes)
        params: Any = self._client.get_collection(COLLECTION).config.params
        there = params.vectors.size
        if there != dimensions:
            self._client.close()
            raise InputError(f"{path}: holds vectors of {there} numbers, these have {dimensions}; take another folder")

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors. Qdrant wants UUIDs for names: the name itself is kept beside."""
        for start in range(0, len(names), _BATCH):
            some = names[start : start + _BATCH]
            self._client.upsert(
                COLLECTION,
                points=self._models.Batch(
                    ids=[str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in some],
                    vectors=vectors[start : start + _BATCH].tolist(),
                    payloads=[{"name": name, "part": part_of(name)} for name in some],
                ),
            )

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the nearest names."""
        only = None
        if part is not None:
            equal = self._models.FieldCondition(key="part", match=self._models.MatchValue(value=part))
            only = self._models.Filter(must=[equal])
        answers = [
            self._client.query_points(COLLECTION, query=query.tolist(), limit=k, query_filter=only) for query in queries
        ]
        return [[(point.payload["name"], point.score) for point in answer.points] for answer in answers]

    def count(self) -> int:
        """Return how many there are."""
        return int(self._client.count(COLLECTION, exact=True).count)

    def close(self) -> None:
        """Give the folder free."""
        self._client.close()
