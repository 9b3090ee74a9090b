"""Runs written into a database: each once, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from locomo.publishing.database import transaction
from locomo.publishing.run_tables import RunTables
from locomo.publishing.schema import TABLES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def publish(database: DuckDBPyConnection, run: RunTables) -> bool:
    """Write a run into a database that is open for writing; return False, with nothing written, if it is there."""
    if database.execute("SELECT run_id FROM runs WHERE run_id = ?", [run.run_id]).fetchone():
        return False
    with transaction(database):
        for name in TABLES:
            database.register("incoming", run.tables[name])
            database.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")  # noqa: S608
            database.unregister("incoming")
    return True
