"""Vectors in a folder that LanceDB reads and writes in this process. No index is made: its answers are exact."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.vector_store import part_of

TABLE: Final = "locomo"


def open_store(place: str, dimensions: int) -> LanceStore:
    """Open a folder; InputError if it cannot be, or holds vectors of another size."""
    return LanceStore(place, dimensions)


class LanceStore:
    """See `locomo.retrieval.vector_store.VectorStore`."""

    def __init__(self, place: str, dimensions: int) -> None:
        import lancedb
        import pyarrow

        self._arrow: Any = pyarrow
        sized = pyarrow.list_(pyarrow.float32(), dimensions)
        self._schema = pyarrow.schema([("name", pyarrow.string()), ("part", pyarrow.string()), ("vector", sized)])
        if Path(place).is_file():
            raise InputError(f"{place}: cannot be opened by LanceDB (it is a file)")
        try:
            database: Any = lancedb.connect(place)
            self._table: Any = database.create_table(TABLE, schema=self._schema, exist_ok=True)
            there = self._table.schema.field("vector").type.list_size
        except ValueError:  # with `exist_ok`, a table of another schema
            there = database.open_table(TABLE).schema.field("vector").type.list_size
        except (OSError, RuntimeError) as error:
            raise InputError(f"{place}: cannot be opened by LanceDB ({error})") from None
        if there != dimensions:
            raise InputError(f"{place}: holds vectors of {there} numbers, these have {dimensions}; take another folder")

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors."""
        arrow, (_, dimensions) = self._arrow, vectors.shape
        numbers = arrow.FixedSizeListArray.from_arrays(arrow.array(vectors.ravel(), arrow.float32()), dimensions)
        columns = {"name": list(names), "part": list(map(part_of, names)), "vector": numbers}
        rows = arrow.table(columns, schema=self._schema)
        self._table.merge_insert("name").when_matched_update_all().when_not_matched_insert_all().execute(rows)

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the nearest names. LanceDB's distance is 1 less the inner product."""
        found = []
        for query in queries:
            asked = self._table.search(query).distance_type("dot").select(["name", "_distance"]).limit(k)
            if part is not None:
                quoted = part.replace("'", "''")
                asked = asked.where(f"part = '{quoted}'", prefilter=True)
            found.append([(row["name"], 1 - row["_distance"]) for row in asked.to_list()])
        return found

    def count(self) -> int:
        """Return how many there are."""
        return int(self._table.count_rows())

    def close(self) -> None:
        """Nothing waits: each `add` is written when it returns."""
