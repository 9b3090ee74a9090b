"""A database of results, opened: DuckDB itself, or SQLite or PostgreSQL that DuckDB attaches."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb
from duckdb import DuckDBPyConnection

from locomo.errors import InputError
from locomo.publishing import schema
from locomo.publishing.place import Place, place_of

CATALOG: Final = "results"
"""What the database is attached as."""
_EXTENSIONS: Final = {"sqlite": "sqlite_scanner", "postgres": "postgres_scanner"}


@contextmanager
def open_database(url: str, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    """Give a connection whose tables are those of the database, at today's schema; a missing file is made.

    With `read_only` nothing is made or migrated. InputError for an unknown address, a database that cannot be opened or
    is of a newer schema, and with `read_only` also where there are no results.
    """
    place = place_of(url)
    if read_only and place.file is not None and not place.file.is_file():
        raise InputError(f"{place.name}: no such database; `locomo publish {place.name}` makes it")
    connection = duckdb.connect(":memory:")
    try:
        _attach(connection, place, read_only=read_only)
        if read_only:
            _check_readable(connection, place)
        else:
            _migrate(connection, place)
        yield connection
    except duckdb.Error as error:
        raise InputError(f"{place.name}: {_said(error, place)}") from None
    finally:
        connection.close()


def _attach(connection: DuckDBPyConnection, place: Place, *, read_only: bool) -> None:
    if place.kind in _EXTENSIONS:
        _load(connection, _EXTENSIONS[place.kind])
    if place.file is not None and not read_only:
        place.file.parent.mkdir(parents=True, exist_ok=True)
    quoted = place.target.replace("'", "''")
    options = f"TYPE {place.kind}{', READ_ONLY' if read_only else ''}"
    connection.execute(f"ATTACH '{quoted}' AS {CATALOG} ({options})")
    connection.execute(f"USE {CATALOG}")


def _load(connection: DuckDBPyConnection, extension: str) -> None:
    """Load an extension from its package; without it, DuckDB fetches it from its own server."""

    with suppress(ModuleNotFoundError, StopIteration, duckdb.Error):
        package = Path(str(importlib.import_module(f"duckdb_extension_{extension}").__file__)).parent
        # Each package is for one version of DuckDB, whose name is the folder's.
        file = next(package.glob(f"extensions/v{duckdb.__version__}/*.duckdb_extension"))
        quoted = str(file).replace("'", "''")
        connection.execute(f"LOAD '{quoted}'")
        return
    try:
        connection.install_extension(extension)
        connection.load_extension(extension)
    except duckdb.Error:
        raise InputError(
            f"DuckDB has no '{extension}' here, and could not fetch it: pip install 'locomo-pipeline[database]'"
        ) from None


def version_of(connection: DuckDBPyConnection) -> int | None:
    """Return the version of the schema; None where there is none yet."""

    try:
        row = connection.execute(f"SELECT version FROM {schema.VERSIONS}").fetchone()  # noqa: S608
    except duckdb.CatalogException:
        return None
    return int(row[0]) if row else None


def _check_readable(connection: DuckDBPyConnection, place: Place) -> None:
    version = version_of(connection)
    if version is None:
        raise InputError(f"{place.name}: holds no results; `locomo publish {place.name}` writes them")
    _check_not_newer(version, place)
    if version < len(schema.MIGRATIONS):
        raise InputError(
            f"{place.name}: schema {version} is older than {len(schema.MIGRATIONS)}; `locomo publish {place.name}` "
            "brings it up to date"
        )


def _check_not_newer(version: int, place: Place) -> None:
    if version > len(schema.MIGRATIONS):
        raise InputError(
            f"{place.name}: schema {version} is newer than {len(schema.MIGRATIONS)}, which this version of locomo "
            "knows; upgrade locomo-pipeline"
        )


def _migrate(connection: DuckDBPyConnection, place: Place) -> None:
    """Apply what is missing, each version as a whole or not at all."""
    version = version_of(connection) or 0
    _check_not_newer(version, place)
    for number, statements in enumerate(schema.MIGRATIONS[version:], start=version + 1):
        with transaction(connection):
            if number == 1:
                connection.execute(f"CREATE TABLE {schema.VERSIONS} (version BIGINT NOT NULL)")
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"DELETE FROM {schema.VERSIONS}")  # noqa: S608
            connection.execute(f"INSERT INTO {schema.VERSIONS} VALUES (?)", [number])  # noqa: S608


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """Commit what is done within, or undo it all."""

    connection.execute("BEGIN")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(duckdb.Error):  # where committing failed, nothing is left to undo
            connection.execute("ROLLBACK")
        raise


def _said(error: Exception, place: Place) -> str:
    """Return DuckDB's first line without the address, which may have a password."""
    first = (str(error).splitlines() or [type(error).__name__])[0]
    return first.replace(place.target, place.name)
