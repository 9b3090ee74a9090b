"""`locomo models`: what is known of models, which can be used here, and weights that a project keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console

models = typer.Typer(help="List known models, and manage the weights in data/models/.")

_WIDTH_OF_ALL = 130
"""Columns that the widest row takes."""


@models.callback(invoke_without_command=True)
def list_models(context: typer.Context) -> None:
    """List providers and services with what each lacks here, and all known models and aliases."""
    if context.invoked_subcommand is not None:
        return
    from locomo.llm.catalog import OWN, PROVIDERS, read_catalog
    from locomo.llm.registry import missing, missing_of_service

    console = open_console(_WIDTH_OF_ALL)
    gaps = {provider: missing(provider) for provider in PROVIDERS}
    providers = _table("provider", "here")
    for provider, gap in gaps.items():
        providers.add_row(f"{provider}/…", f"[red]{gap}[/red]" if gap else "[green]usable[/green]")
    console.print(providers)

    catalog = read_catalog()
    services = _table("service", "speaks", "address", "here", "note")
    for name, service in catalog.services.items():
        lacks = gaps[name] = missing_of_service(service)
        services.add_row(
            f"{name}/…",
            service.speaks,
            service.base_url or f"that of {service.address}",
            f"[red]{lacks}[/red]" if lacks else "[green]usable[/green]",
            service.note or "",
        )
    console.print(services)

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
        f"Any other model of a provider or service can be used as well. Windows are in tokens. A file {OWN} here adds "
        "models, aliases and services.",
        highlight=False,
    )


@models.command()
def add(
    path: Annotated[Path, typer.Argument(help="GGUF file, or a folder written by `save_pretrained`.")],
    source: Annotated[str | None, typer.Option(help="Source to record in the manifest.")] = None,
    licence: Annotated[str | None, typer.Option(help="Licence to record in the manifest.")] = None,
) -> None:
    """Copy weights to data/models/, track them with DVC and pin each file's SHA-256 in the manifest."""
    from locomo.models.manifest import MANIFEST
    from locomo.models.manifest import add as keep
    from locomo.pipeline.track import track

    kept = keep(path, source=source, licence=licence)
    tracked = track(kept)
    provider = "gguf" if kept.is_file() else "hf"
    typer.echo(f"model {provider}/{kept}; commit {MANIFEST}, {tracked} and data/models/.gitignore, then `dvc push`")


@models.command()
def verify() -> None:
    """Check data/models/ against the manifest. Exits with 2 if a file differs or is missing."""
    from locomo.errors import InputError
    from locomo.models.manifest import read_manifest
    from locomo.models.manifest import verify as find_troubles

    troubles = find_troubles()
    for trouble in troubles:
        typer.echo(trouble)
    if troubles:
        raise InputError(
            f"data/models: {len(troubles)} of the manifest's files differ; remove them and `locomo pull "
            "data/models/NAME.dvc` brings them"
        )
    typer.echo(f"data/models: all as the manifest has it, models: {', '.join(read_manifest()) or 'none'}")


def _table(*headers: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for header in headers:
        table.add_column(header, no_wrap=header == "model")
    return table
