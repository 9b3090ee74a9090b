"""`locomo doctor`: what is here to run with, and what of it does not work."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.cli.console import open_console
from locomo.errors import LocomoError

_COLORS = {"found": "green", "missing": "yellow", "invalid": "red"}
_WIDTH_OF_ALL = 160
"""Columns of a table that is not on a terminal."""


def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Contact no server.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check providers, remotes, this machine and the project: found, missing or invalid.

    It also checks the server of each model that params.yaml names: address, key, and whether it has the model. Keys are
    tested by listing models, which is free, and are never printed. Missing items may not be needed. Exits with 1 if
    something is set up and does not work.
    """
    from locomo.doctor import examine

    findings = examine(offline=offline)
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        console = open_console(_WIDTH_OF_ALL)
        table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
        for header in ("", "", "state", "from", "note"):
            table.add_column(header, overflow="fold")
        before = None
        for each in findings:
            if before not in (None, each.about):
                table.add_section()
            state = f"[{_COLORS[each.state]}]{each.state}[/]"
            about = each.about if each.about != before else ""
            table.add_row(about, each.name, state, escape(each.source or ""), escape(each.note))
            before = each.about
        console.print(table)
    if any(finding.state == "invalid" for finding in findings):
        raise typer.Exit(LocomoError.exit_code)
