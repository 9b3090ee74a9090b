"""`locomo export`: the answers of a run for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from locomo.errors import InputError


def export(
    out: Annotated[Path, typer.Argument(help="File to write; a folder for `datasets`.")],
    form: Annotated[str, typer.Option("--to", help="Format: original, csv, parquet or datasets.")],
    run: Annotated[
        str, typer.Option(help="Run to export: a folder, a git revision, an experiment or 'workspace'.")
    ] = "workspace",
    configuration: Annotated[
        list[str] | None, typer.Option(help="Only this configuration, such as rag_dialog_k5. May be repeated.")
    ] = None,
    fetch: Annotated[bool, typer.Option(help="Fetch missing results from the DVC remote.")] = False,
) -> None:
    """Export a run's answers and scores, in the original code's format or as a table."""
    from locomo.errors import did_you_mean
    from locomo.reporting.comparison.run import read_rows
    from locomo.reporting.export import write_export

    conversations, predictions, scores = read_rows(run, fetch=fetch)
    names = list(dict.fromkeys(row.configuration for row in predictions))
    for name in configuration or ():
        if name not in names:
            raise InputError(f"--configuration {name}: expected one of {', '.join(names)}{did_you_mean(name, names)}")
    wanted = [row for row in predictions if not configuration or row.configuration in configuration]
    write_export(out, form, conversations, wanted, scores)
    typer.echo(f"{len(wanted):,} answers written to {out}", err=True)
