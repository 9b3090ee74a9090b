"""`locomo memory`: the memory systems that the project ships an adapter for."""

from __future__ import annotations

from typing import Annotated

import typer

from locomo.cli.memory_check import check

memory = typer.Typer(help="List, install and check memory systems.", no_args_is_help=True)
memory.command()(check)

MEGABYTE = 1_000_000


@memory.command("list")
def list_systems() -> None:
    """List the shipped memory systems: what is installed here and how large it is, their licences."""
    from rich.table import Table

    from locomo.cli.console import open_console
    from locomo.memory.description import describe, described
    from locomo.memory.environments import environment_of

    table = Table("system", "package", "licence", "calls models", "installed", "turns of a memory")
    for name in described():
        known, environment = describe(name), environment_of(name)
        size = f"{environment.bytes / MEGABYTE:,.0f} MB" if environment.installed else "no"
        table.add_row(name, known.package, known.licence, "yes" if known.calls_models else "no", size, known.provenance)
    open_console(160).print(table)


@memory.command()
def install(names: Annotated[list[str], typer.Argument(help="Names, as `locomo memory list` shows them.")]) -> None:
    """Make the environment of a memory system, outside of the project, from the exact versions of its lock."""
    from locomo.memory.environments import environment_of

    wanted = [environment_of(name) for name in names]
    for environment in wanted:
        if environment.installed:
            typer.echo(f"{environment.name}: installed already ({environment.folder})")
            continue
        typer.echo(f"{environment.name}: installing into {environment.folder} …")
        environment.install()
        typer.echo(f"{environment.name}: installed, {environment.bytes / MEGABYTE:,.0f} MB")


@memory.command()
def remove(names: Annotated[list[str], typer.Argument(help="Names, as `locomo memory list` shows them.")]) -> None:
    """Delete the environment of a memory system; stores and answers stay."""
    from locomo.memory.environments import environment_of

    for environment in [environment_of(name) for name in names]:
        environment.remove()
        typer.echo(f"{environment.name}: removed")
