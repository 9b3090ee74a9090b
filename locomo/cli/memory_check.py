"""`locomo memory check`: what a memory system keeps and what it ignores."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.cli.console import open_console

_COLOURS: Final = {"kept": "green", "lost": "red", "not applicable": "dim"}
_WIDTH: Final = 130


def check(
    system: Annotated[str, typer.Argument(help="As in memory.systems: mem0, command:./mine, file.py:Class, ...")],
    settings: Annotated[
        Path | None, typer.Option(help="YAML file of its settings; else as in memory.settings.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    overrides: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Override a parameter, such as memory.model=mock/words. Repeatable."),
    ] = None,
) -> None:
    """Tell a memory system a scripted life and report what it keeps: dates, speakers, updates, isolation and more.

    Its settings are those that memory.settings names; the models that it calls are memory.model and memory.embedder of
    params.yaml, through the request cache. The outcome is kept in data/memory_checks.json, which the report reads.
    """
    from locomo.memory.conformance import CHECKS, record
    from locomo.memory.start import LOGS
    from locomo.memory.system import system as named
    from locomo.pipeline.memory_check import check_system
    from locomo.pipeline.params import read_params

    params = read_params(overrides or ())
    if settings:
        theirs = params.memory.settings | {named(system).name: str(settings)}
        params = params.model_copy(update={"memory": params.memory.model_copy(update={"settings": theirs})})
    found, checked = check_system(params, system, LOGS)
    record(CHECKS, [checked])
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
        return
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for name in ("property", "outcome", "seen"):
        table.add_column(name)
    for each in found:
        colour = _COLOURS[each.outcome]
        table.add_row(each.name, f"[{colour}]{each.outcome}[/{colour}]", escape(each.seen))
    open_console(_WIDTH).print(table)
