"""Vector databases behind one small interface: an optional extra each, on disk and without a server."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.encoder import Vectors

STORES: Final = {
    "qdrant": ("locomo.retrieval.qdrant_store", "qdrant_client", "qdrant-client"),
    "milvus": ("locomo.retrieval.milvus_store", "milvus_lite", "pymilvus[milvus-lite]"),
}
"""Name to module, which has `open_store(path, dimensions)`, the library it imports, and what to install."""


class VectorStore(Protocol):
    """Vectors by name, found by inner product."""

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors of shape (names, dimensions), over those of the same names."""
        ...

    def search(self, queries: Vectors, k: int) -> list[list[tuple[str, float]]]:
        """Return the k nearest names with their inner products, best first, for each query."""
        ...

    def count(self) -> int:
        """Return how many vectors there are."""
        ...

    def close(self) -> None:
        """Write what waits and give back what is held open."""
        ...


def open_store(name: str, path: Path, dimensions: int) -> VectorStore:
    """Open a store at a path, or make one; InputError for an unknown name or one whose library is missing."""
    if name not in STORES:
        raise InputError(f"store '{name}': expected one of {', '.join(STORES)}{did_you_mean(name, STORES)}")
    module, library, package = STORES[name]
    if importlib.util.find_spec(library) is None:
        raise InputError(f"store '{name}': its library is not here: pip install '{package}'")
    store: VectorStore = importlib.import_module(module).open_store(path, dimensions)
    return store
