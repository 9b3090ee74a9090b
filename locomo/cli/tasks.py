"""The tables of the tasks `events` and `dialogue` on the terminal, and `locomo score --task`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.cli.console import open_console
from locomo.errors import InputError, did_you_mean
from locomo.reporting.task_tables import TaskTable, task_tables

_WIDTH = 40
"""Columns that the names of metrics take."""
_WIDTH_OF_ONE = 18
"""Columns that a configuration takes."""


def print_tasks(files: Mapping[str, Mapping[str, Any]]) -> None:
    """Print a table for each part of each task that was run: a row a metric, a column a configuration."""
    for table in task_tables(files):
        typer.echo(f"{table.title}: means over {table.over}, in percent")
        open_console(_WIDTH + _WIDTH_OF_ONE * len(table.lines)).print(_terminal_table(table))


def _terminal_table(found: TaskTable) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("metric", no_wrap=True)
    for line in found.lines:
        table.add_column(escape(line.name), justify="right")
    for place, metric in enumerate(found.metrics):
        table.add_row(escape(metric), *(line.cells[place] for line in found.lines))
    table.add_row("n", *(f"{line.n:,}" for line in found.lines))
    table.add_row("of failed calls", *(f"{line.errors:,}" for line in found.lines))
    return table


def print_task_scores(
    file: Path, data: Path, task: str, *, judge: str | None, bertscore: str | None, clip: str | None, as_json: bool
) -> None:
    """Score somebody's rows of a task and print their means, or JSON with a row for each piece that was scored."""
    from locomo.evaluation.given_tasks import Task, score_task

    known: tuple[Task, ...] = get_args(Task)
    chosen = next((each for each in known if each == task), None)
    if chosen is None:
        raise InputError(f"--task: found '{task}', expected {' or '.join(known)}{did_you_mean(task, known)}")
    found = score_task(file, data, chosen, judge=judge, bertscore=bertscore, clip=clip)
    if as_json:
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_tasks({task: found})
