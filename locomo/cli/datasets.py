"""`locomo datasets`: which datasets there are, and the import of those that the project does not carry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console

datasets = typer.Typer(help="List datasets, and import those that the project does not carry.")
RAW: Final = Path("data/raw")
_WIDTH: Final = 110


@datasets.callback(invoke_without_command=True)
def list_datasets(context: typer.Context) -> None:
    """List the datasets with their licences, and whether they are here."""
    if context.invoked_subcommand is not None:
        return
    from locomo.dataset.optional import optional_datasets

    known = optional_datasets()
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for name in ("dataset", "here", "licence", "what it is"):
        table.add_column(name)
    for path in sorted(RAW.glob("*.json")):
        if path.stem not in known:
            table.add_row(path.stem, "[green]yes[/green]", "", str(path))
    for name, entry in known.items():
        here = (RAW / entry.file).is_file()
        table.add_row(name, "[green]yes[/green]" if here else "no", entry.licence, entry.what)
    open_console(_WIDTH).print(table)
    typer.echo("`locomo datasets add NAME` imports one.")


@datasets.command()
def add(
    name: Annotated[str, typer.Argument(help="Name, as `locomo datasets` lists it.")],
    remote: Annotated[
        str | None, typer.Option(help="DVC remote that has it; without it, it is downloaded from its source.")
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option("--from", help="The downloaded file, where it cannot be imported."),
    ] = None,
) -> None:
    """Import a dataset: DVC fetches its files at a pinned commit and tracks them; git gets the .dvc files."""
    from locomo.dataset.optional import ConvertedDataset, optional_datasets
    from locomo.errors import InputError, did_you_mean
    from locomo.remotes.datasets import add_converted, add_dataset

    known = optional_datasets()
    if name not in known:
        raise InputError(f"dataset '{name}': expected one of {', '.join(known)}{did_you_mean(name, known)}")
    entry = known[name]
    source = entry.source if isinstance(entry, ConvertedDataset) else None
    if source is not None and given is None:
        raise InputError(f"{name}: download its file from {source}, then run `locomo datasets add {name} --from FILE`")
    if source is None and given is not None:
        raise InputError(f"--from: {name} is imported from its source; run `locomo datasets add {name}`")
    typer.echo(f"{name}: {entry.what}; licence {entry.licence}")
    if isinstance(entry, ConvertedDataset):
        tracked, converted = add_converted(entry, remote, given)
        for lost in converted.unmapped:
            typer.echo(str(lost))
        typer.echo(
            f"evidence: {converted.items:,} items; {converted.as_written:,} are ids of turns, {converted.repaired} "
            f"were mapped to turns, {len(converted.unmapped)} cannot be"
        )
        if not any(sample.get("observation") for sample in converted.samples):
            typer.echo("It has no observations: run it with -S 'rag.units=[dialog]'.")
        typer.echo(f"{tracked.with_suffix('')}: here; commit {tracked} and {tracked.parent / entry.folder}")
        return
    tracked = add_dataset(name, entry, remote)
    typer.echo(f"{tracked.with_suffix('')}: here; commit {tracked}")
