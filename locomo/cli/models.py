"""`locomo models`: what is known of models, which can be used here, and weights that a project keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

models = typer.Typer(help="Models that are known, and weights that are kept in data/models/.")

_WIDTH_OF_ALL = 130
"""Columns that the widest row takes."""


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context) -> None:
    """List providers with what each lacks here, and the models and aliases that are known by name."""
    if context.invoked_subcommand is not None:
        return
    from locomo.llm.catalog import OWN, read_catalog
    from locomo.llm.registry import PROVIDERS, missing

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_ALL)
    gaps = {provider: missing(provider) for provider in PROVIDERS}
    providers = _table("provider", "here")
    for provider, gap in gaps.items():
        providers.add_row(f"{provider}/…", f"[red]{gap}[/red]" if gap else "[green]usable[/green]")
    console.print(providers)

    catalog = read_catalog()
    known = _table("model", "window", "here", "note")
    known.columns[1].justify = "right"
    aliases = {name: alias.model for name, alias in catalog.aliases.items()}
    for name in [*catalog.models, *aliases]:
        target, facts = catalog.resolve(name)
        note = f"is {target}" if name in aliases else ""
        known.add_row(
            name,
            f"{facts.context_window:,}" if facts.context_window else "",
            "[red]no[/red]" if gaps.get(target.partition("/")[0], "unknown") else "[green]yes[/green]",
            ", ".join(filter(None, (note, facts.note))),
        )
    console.print(known)
    console.print(
        f"Any other model of a provider can be used as well. Windows are in tokens. A file {OWN} here adds models and "
        "aliases.",
        highlight=False,
    )


@models.command()
def add(
    path: Annotated[Path, typer.Argument(help="A GGUF file, or a folder as `save_pretrained` writes it.")],
    source: Annotated[str | None, typer.Option(help="Where it is from, for the manifest.")] = None,
    licence: Annotated[str | None, typer.Option(help="Its licence, for the manifest.")] = None,
) -> None:
    """Keep weights in data/models/: tracked by DVC, each file pinned by its SHA-256 in the manifest."""
    from locomo.manifest import MANIFEST
    from locomo.manifest import add as keep
    from locomo.pipeline.track import track

    kept = keep(path, source=source, licence=licence)
    tracked = track(kept)
    provider = "gguf" if kept.is_file() else "hf"
    typer.echo(f"model {provider}/{kept}; commit {MANIFEST}, {tracked} and data/models/.gitignore, then `dvc push`")


@models.command()
def verify() -> None:
    """Check all files of data/models/ against the manifest; exit code 2 if one is another or missing."""
    from locomo.errors import InputError
    from locomo.manifest import read_manifest
    from locomo.manifest import verify as find_troubles

    troubles = find_troubles()
    for trouble in troubles:
        typer.echo(trouble)
    if troubles:
        raise InputError(
            f"data/models: {len(troubles)} of the manifest's files are not right; remove them and `locomo pull "
            "data/models/NAME.dvc` brings them"
        )
    typer.echo(f"data/models: all as the manifest has it, models: {', '.join(read_manifest()) or 'none'}")


def _table(*headers: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for header in headers:
        table.add_column(header, no_wrap=header == "model")
    return table
