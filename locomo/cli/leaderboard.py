"""`locomo leaderboard`: a page of all runs in a database of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from locomo.publishing.place import DEFAULT


def leaderboard(
    out: Annotated[Path, typer.Argument(help="HTML file to write.")],
    database: Annotated[
        str, typer.Option(help="Database that `locomo publish` wrote: a file, or postgresql://USER@HOST/DATABASE.")
    ] = DEFAULT,
    metric: Annotated[str, typer.Option(help="Metric that is ranked: f1, judged, recall, ...")] = "f1",
    csv: Annotated[Path | None, typer.Option(help="Also write all rankings to this CSV file.")] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Also write a folder of Parquet files that Hugging Face's `datasets` reads.")
    ] = None,
) -> None:
    """Write a page that ranks the runs of a database, those apart that cannot be compared."""
    from locomo.files import write_text
    from locomo.publishing.database import open_database
    from locomo.publishing.page import to_html
    from locomo.publishing.rankings import rankings, to_csv

    with open_database(database, read_only=True) as connection:
        found = rankings(connection, metric=metric)
        if dataset is not None:
            from locomo.publishing.parquet_folder import write_folder

            write_folder(dataset, found, connection, title=out.stem)
    write_text(out, to_html(found))
    if csv is not None:
        write_text(csv, to_csv(found))
    runs = len({system.run_id for ranking in found for system in ranking.systems})
    typer.echo(f"{_many(runs, 'run')} in {_many(len(found), 'ranking')} written to {out}", err=True)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
