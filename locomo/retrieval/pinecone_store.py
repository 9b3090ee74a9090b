"""Vectors in an index of Pinecone, by its own client. Tried against a stand-in, never against the service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.vector_store import part_of
from locomo.secrets import Secret

KEY: Final = "PINECONE_API_KEY"  # pragma: allowlist secret
_BATCH: Final = 100
"""Vectors a request, of which 2 MB are allowed."""
_SECONDS: Final = 60.0


def open_store(address: str, dimensions: int) -> PineconeStore:
    """Open an index by its host; InputError without a key, if it cannot be reached, or has another size."""
    if not address.startswith(("https://", "http://127.0.0.1")):
        raise InputError("pinecone: expected the host of an index, such as https://NAME-PROJECT.svc.REGION.pinecone.io")
    return PineconeStore(address, dimensions)


class PineconeStore:
    """See `locomo.retrieval.vector_store.VectorStore`."""

    def __init__(self, address: str, dimensions: int) -> None:
        from pinecone import Pinecone
        from pinecone.errors import PineconeError

        key = Secret(KEY).value
        if not key:
            raise InputError(f"pinecone: {KEY} is not set; put it into .env or the environment")
        self._errors: Any = PineconeError
        self._client: Any = Pinecone(api_key=key, timeout=_SECONDS)
        self._index: Any = self._client.Index(host=address)
        about = self._asked("describe_index_stats")
        if about.dimension != dimensions:
            raise InputError(
                f"{address}: holds vectors of {about.dimension} numbers, these have {dimensions}; take another index"
            )
        if about.metric not in (None, "dotproduct"):
            raise InputError(f"{address}: its metric is {about.metric}; make an index whose metric is dotproduct")

    def _asked(self, method: str, **values: Any) -> Any:
        try:
            return getattr(self._index, method)(**values)
        except self._errors as error:
            raise InputError(f"pinecone: {str(error).splitlines()[0]}") from None

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors. They can be found some seconds later."""
        rows = [
            {"id": name, "values": vector.tolist(), "metadata": {"part": part_of(name)}}
            for name, vector in zip(names, vectors, strict=True)
        ]
        for start in range(0, len(rows), _BATCH):
            self._asked("upsert", vectors=rows[start : start + _BATCH])

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the nearest names."""
        only = {} if part is None else {"filter": {"part": {"$eq": part}}}
        answers = [self._asked("query", vector=query.tolist(), top_k=k, **only) for query in queries]
        return [[(match.id, match.score) for match in answer.matches] for answer in answers]

    def count(self) -> int:
        """Return how many there are."""
        return int(self._asked("describe_index_stats").total_vector_count)

    def close(self) -> None:
        """End the connections."""
        self._index.close()
