"""Vectors in a file that Milvus Lite reads and writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors

COLLECTION: Final = "locomo"
_BATCH: Final = 1_000
_LONGEST_NAME: Final = 512


def open_store(path: str, dimensions: int) -> MilvusStore:
    """Open a file, whose name has to end in .db; InputError if it cannot be, or holds vectors of another size."""
    if Path(path).suffix != ".db":
        raise InputError(f"{path}: Milvus Lite wants a file name that ends in .db")
    return MilvusStore(path, dimensions)


class MilvusStore:
    """See `locomo.retrieval.vector_store.VectorStore`."""

    def __init__(self, path: str, dimensions: int) -> None:
        from pymilvus import MilvusClient, MilvusException

        try:
            self._client: Any = MilvusClient(path)
        except (MilvusException, OSError, RuntimeError) as error:
            raise InputError(f"{path}: cannot be opened by Milvus Lite ({error})") from None
        if not self._client.has_collection(COLLECTION):
            self._client.create_collection(
                COLLECTION,
                dimension=dimensions,
                primary_field_name="name",
                id_type="string",
                max_length=_LONGEST_NAME,
                metric_type="IP",
                consistency_level="Strong",
            )
        self._client.load_collection(COLLECTION)
        fields = self._client.describe_collection(COLLECTION)["fields"]
        there = next(int(field["params"]["dim"]) for field in fields if "dim" in field["params"])
        if there != dimensions:
            self._client.close()
            raise InputError(f"{path}: holds vectors of {there} numbers, these have {dimensions}; take another file")

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors."""
        rows = [{"name": name, "vector": vector.tolist()} for name, vector in zip(names, vectors, strict=True)]
        for start in range(0, len(rows), _BATCH):
            self._client.upsert(COLLECTION, rows[start : start + _BATCH])

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the nearest names."""
        only = "" if part is None else f"name like {json.dumps(f'{part}/%')}"
        answers = self._client.search(COLLECTION, data=queries.tolist(), limit=k, filter=only, output_fields=["name"])
        return [[(hit["name"], float(hit["distance"])) for hit in answer] for answer in answers]

    def count(self) -> int:
        """Return how many there are."""
        return int(self._client.query(COLLECTION, filter="", output_fields=["count(*)"])[0]["count(*)"])

    def close(self) -> None:
        """Write what waits."""
        self._client.close()
