"""`locomo errata`: what a review found of released questions, golds and evidence."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.cli.console import open_console
from locomo.errors import InputError, did_you_mean
from locomo.files import pretty_json

_WIDTH_OF_ALL = 150
"""Columns that the table takes where there is no terminal."""


def errata(
    sample: Annotated[str | None, typer.Option(help="Only this conversation, such as conv-26.")] = None,
    status: Annotated[str | None, typer.Option(help="Only this status: accepted, excluded, ...")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the entries as JSON.")] = False,
) -> None:
    """List the reviewed errata of LoCoMo (docs/errata.md)."""
    from locomo.dataset.errata import every_errata
    from locomo.dataset.errata.model import STATUSES

    if status is not None and status not in STATUSES:
        raise InputError(f"--status '{status}': expected {', '.join(STATUSES)}{did_you_mean(status, STATUSES)}")
    overlays = every_errata()
    samples = list(dict.fromkeys(entry.sample_id for overlay in overlays for entry in overlay.entries))
    if sample is not None and sample not in samples:
        raise InputError(f"--sample '{sample}': expected {', '.join(samples)}{did_you_mean(sample, samples)}")
    entries = [
        entry
        for overlay in overlays
        for entry in overlay.entries
        if sample in (None, entry.sample_id) and status in (None, entry.status)
    ]
    if json:
        shown = [entry.model_dump(exclude_defaults=True) for entry in entries]
        typer.echo(pretty_json({"errata": [overlay.label for overlay in overlays], "entries": shown}), nl=False)
        return
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for header in ("question", "field", "status", "kind", "turns", "why"):
        table.add_column(header, no_wrap=header in ("question", "status"))
    for entry in entries:
        turns = " ".join(dict.fromkeys(entry.turns))
        table.add_row(entry.id, entry.field, entry.status, entry.kind, turns, escape(entry.rationale))
    console = open_console(_WIDTH_OF_ALL)
    console.print(table)
    console.print(f"{len(entries)} entries of {', '.join(overlay.label for overlay in overlays)}", highlight=False)
