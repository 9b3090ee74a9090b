"""Vector databases behind one small interface: an optional extra each."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from locomo.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from locomo.retrieval.encoder import Vectors


class Kind(NamedTuple):
    """How a kind of database is opened."""

    module: str
    """It has `open_store(place, dimensions)`."""
    library: str
    """What it imports."""
    package: str
    """What to install."""
    is_file: bool
    """Whether its place is a file or folder of this machine, and not an address."""


STORES: Final = {
    "qdrant": Kind("locomo.retrieval.qdrant_store", "qdrant_client", "qdrant-client", True),
    "milvus": Kind("locomo.retrieval.milvus_store", "milvus_lite", "pymilvus[milvus-lite]", True),
    "lancedb": Kind("locomo.retrieval.lancedb_store", "lancedb", "lancedb", True),
    "chroma": Kind("locomo.retrieval.chroma_store", "chromadb", "chromadb", True),
    "pgvector": Kind("locomo.retrieval.pgvector_store", "psycopg", "psycopg[binary]", False),
    "pinecone": Kind("locomo.retrieval.pinecone_store", "pinecone", "pinecone", False),
}
"""By name."""


class VectorStore(Protocol):
    """Vectors by name, found by inner product. A name is `<part>/<number>`; a part is searched alone."""

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors of shape (names, dimensions), over those of the same names."""
        ...

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the k nearest names, of one part or of all, with their inner products, best first, for each query."""
        ...

    def count(self) -> int:
        """Return how many vectors there are."""
        ...

    def close(self) -> None:
        """Write what waits and give back what is held open."""
        ...


def part_of(name: str) -> str:
    """Return the part that a name is in."""
    return name.rpartition("/")[0]


def without_password(place: str) -> str:
    """Return a path or address as it may be shown."""
    scheme, separator, rest = place.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{user.partition(':')[0]}{at}{host}"


def check_store(name: str) -> str:
    """Return the name of a kind of database; InputError for an unknown one."""
    if name not in STORES:
        raise InputError(f"store '{name}': expected one of {', '.join(STORES)}{did_you_mean(name, STORES)}")
    return name


def open_store(name: str, place: str | Path, dimensions: int, *, must_exist: bool = False) -> VectorStore:
    """Open a database at a path or address, or make one.

    InputError for an unknown name, one whose library is missing, or with `must_exist` a path where nothing is.
    """
    kind = STORES[check_store(name)]
    if importlib.util.find_spec(kind.library) is None:
        raise InputError(f"store '{name}': its library is not here: pip install '{kind.package}'")
    if must_exist and kind.is_file and not Path(place).exists():
        raise InputError(f"{place}: no such database; `locomo export-embeddings {place} --as {name}` fills one")
    store: VectorStore = importlib.import_module(kind.module).open_store(str(place), dimensions)
    return store
