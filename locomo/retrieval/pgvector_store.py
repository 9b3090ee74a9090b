"""Vectors in a table of PostgreSQL with the extension pgvector.

No index is made: without one, pgvector compares every vector of a part, and its answers are exact. An index of yours on
the column `vector` (`vector_ip_ops`) is used by PostgreSQL where it sees fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from locomo.errors import InputError
from locomo.retrieval.encoder import Vectors
from locomo.retrieval.vector_store import part_of

TABLE: Final = "locomo_vectors"
_BATCH: Final = 1_000
_TABLES: Final = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    f"CREATE TABLE IF NOT EXISTS {TABLE} (name text PRIMARY KEY, part text NOT NULL, vector vector({{}}) NOT NULL)",
    f"CREATE INDEX IF NOT EXISTS {TABLE}_part ON {TABLE} (part)",
)


def open_store(address: str, dimensions: int) -> PgvectorStore:
    """Open a database by its address; InputError if it cannot be, or holds vectors of another size."""
    if not address.startswith(("postgresql://", "postgres://")):
        raise InputError("pgvector: expected an address such as postgresql://USER@HOST/DATABASE")
    return PgvectorStore(address, dimensions)


class PgvectorStore:
    """See `locomo.retrieval.vector_store.VectorStore`."""

    def __init__(self, address: str, dimensions: int) -> None:
        import psycopg

        self._errors: Any = psycopg.Error
        try:
            self._connection: Any = psycopg.connect(address, autocommit=True)
        except psycopg.Error as error:  # what it says has no password in it
            raise InputError(f"pgvector: cannot be opened ({_first_line(error)})") from None
        try:
            there = self._prepare(dimensions)
        except psycopg.Error as error:
            self.close()
            raise InputError(f"pgvector: {_first_line(error)}") from None
        if there != dimensions:
            self.close()
            raise InputError(
                f"pgvector: {TABLE} holds vectors of {there} numbers, these have {dimensions}; take another database"
            )

    def _prepare(self, dimensions: int) -> int:
        """Make what is missing, which a reader need not be allowed to; return the size of the vectors there."""
        sized = "SELECT atttypmod FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = 'vector'"
        found = self._connection.execute(sized, [TABLE]).fetchone()
        if found is None:
            for statement in _TABLES:
                self._connection.execute(statement.format(dimensions))
            found = self._connection.execute(sized, [TABLE]).fetchone()
        with suppress(self._errors):  # since pgvector 0.8: an index of yours goes on until k of a part are found
            self._connection.execute("SELECT '[1]'::vector")
            self._connection.execute("SET hnsw.iterative_scan = strict_order")
            self._connection.execute("SET ivfflat.iterative_scan = relaxed_order")
        return int(found[0])

    def add(self, names: Sequence[str], vectors: Vectors) -> None:
        """Store vectors."""
        rows = [(name, part_of(name), _text(vector)) for name, vector in zip(names, vectors, strict=True)]
        statement = (
            f"INSERT INTO {TABLE} VALUES (%s, %s, %s::vector) "  # noqa: S608  (a constant)
            "ON CONFLICT (name) DO UPDATE SET vector = excluded.vector"
        )
        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                for start in range(0, len(rows), _BATCH):
                    cursor.executemany(statement, rows[start : start + _BATCH])
        except self._errors as error:
            raise InputError(f"pgvector: {_first_line(error)}") from None

    def search(self, queries: Vectors, k: int, part: str | None = None) -> list[list[tuple[str, float]]]:
        """Return the nearest names. `<#>` is the negative inner product."""
        where = "" if part is None else "WHERE part = %(part)s "
        statement = (
            f"SELECT name, -(vector <#> %(query)s::vector) FROM {TABLE} {where}"  # noqa: S608  (constants)
            "ORDER BY vector <#> %(query)s::vector LIMIT %(k)s"
        )
        try:
            return [
                self._connection.execute(statement, {"query": _text(query), "part": part, "k": k}).fetchall()
                for query in queries
            ]
        except self._errors as error:
            raise InputError(f"pgvector: {_first_line(error)}") from None

    def count(self) -> int:
        """Return how many there are."""
        return int(self._connection.execute(f"SELECT count(*) FROM {TABLE}").fetchone()[0])  # noqa: S608  (a constant)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()


def _text(vector: Any) -> str:
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
