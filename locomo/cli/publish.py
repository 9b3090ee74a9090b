"""`locomo publish`: runs into a database of results."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Annotated

import typer

from locomo.errors import InputError
from locomo.publishing.place import DEFAULT, place_of


def publish(
    url: Annotated[
        str, typer.Argument(help="Database: a file *.duckdb or *.sqlite, or postgresql://USER@HOST/DATABASE.")
    ] = DEFAULT,
    run: Annotated[
        str, typer.Option(help="Run to publish: a folder, a git revision, an experiment or 'workspace'.")
    ] = "workspace",
    every: Annotated[bool, typer.Option("--all", help="Publish every experiment of `dvc exp`.")] = False,
    name: Annotated[str | None, typer.Option(help="Name of the run in the database; its own by default.")] = None,
    fetch: Annotated[bool, typer.Option(help="Fetch missing results from the DVC remote.")] = False,
) -> None:
    """Write runs into a database: DuckDB, SQLite or PostgreSQL. A run that is there already is not written again."""
    from locomo.publishing.database import open_database
    from locomo.publishing.history import experiments
    from locomo.publishing.publish import publish as write
    from locomo.publishing.run_tables import read_run

    where = place_of(url).name
    if every and (run != "workspace" or name is not None):
        raise InputError("--all: publishes experiments under their own names; expected neither --run nor --name")
    names = experiments() if every else [run]
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    written, known, absent = 0, 0, []
    with ExitStack() as stack:
        database = None
        for each in names:
            try:
                found = read_run(each, published_at=now, title=name, fetch=fetch)
            except InputError as error:
                if not every:
                    raise
                absent.append(str(error))  # an experiment whose answers are elsewhere does not stop the others
                continue
            if database is None:  # a run that cannot be read leaves no empty database behind
                database = stack.enter_context(open_database(url))
            new = write(database, found)
            written, known = written + new, known + (not new)
    for line in absent:
        typer.echo(f"left out: {line}", err=True)
    if not written + known:
        raise InputError(f"--all: none of {len(names)} experiments could be read")
    already = f", {known} there already" if known else ""
    typer.echo(f"{written} {'run' if written == 1 else 'runs'} written to {where}{already}", err=True)
