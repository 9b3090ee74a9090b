"""Vectors in a folder that Chroma reads and writes in this process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.vector_store import part_of

COLLECTION: Final = "locomo"
_BATCH: Final = 1_000
_SEARCH: Final = {"space": "ip", "ef_construction": 400, "max_neighbors": 64, "ef_search": 400}
"""Chroma's own settings (100, 16, 100) find 38 of the 50 nearest of 2,000 random vectors, these find all 50."""


def open_store(place: str, dimensions: int) -> ChromaStore:
    """Open a folder; InputError if it cannot be, or holds vectors of another size."""
    return ChromaStore(place, dimensions)


class ChromaStore:
    """See `locomo.retrieval.vector_store.VectorStore`."""

    def __init__(self, place: str, dimensions: int) -> None:
        import chromadb
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        if Path(place).is_file():
            raise InputError(f"{place}: cannot be opened by Chroma (it is a file)")
        try:
            client: Any = chromadb.PersistentClient(place, settings=Settings(anonymized_telemetry=False))
            self._collection: Any = client.get_or_create_collection(
                COLLECTION, embedding_function=None, configuration={"hnsw": _SEARCH}
            )
            some = self._collection.peek(1)["embeddings"]
        except (ChromaError, OSError, RuntimeError, ValueError) as error:
            raise InputError(f"{place}: cannot be opened by Chroma ({error})") from None
        there = len(some[0]) if len(some) else dimensions
        if there != dimensions:
            raise InputError(f"{place}: holds vectors of {there} numbers, these have {dimensions}; take another folder")

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors."""
        for start in range(0, len(names), _BATCH):
            some = list(names[start : start + _BATCH])
            parts = [{"part": part_of(name)} for name in some]
            self._collection.upsert(ids=some, embeddings=vectors[start : start + _BATCH], metadatas=parts)

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the nearest names. Chroma's distance is 1 less the inner product."""
        found = self._collection.query(
            query_embeddings=queries, n_results=k, where=None if part is None else {"part": part}, include=["distances"]
        )
        return [
            [(name, 1 - distance) for name, distance in zip(names, distances, strict=True)]
            for names, distances in zip(found["ids"], found["distances"], strict=True)
        ]

    def count(self) -> int:
        """Return how many there are."""
        return int(self._collection.count())

    def close(self) -> None:
        """Nothing waits: each `add` is written when it returns."""
