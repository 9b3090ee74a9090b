"""The verdicts of a comparison as one table, for the terminal and for notebooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison
from locomo.reporting.comparison.line import ComparedLine
from locomo.reporting.comparison.tasks import TaskComparison
from locomo.scoring import OVERALL

WIDTH: Final = 110
"""Columns that the widest row takes."""
_COLOURS: Final = {"better": "green", "worse": "red", "noise": "dim", "unknown": "yellow"}


def lines_table(found: Comparison, *, width: int = WIDTH) -> Table:
    """Return a row for each configuration, and below it one for each category.

    With less than `WIDTH` columns n is left out and long names are folded, so that verdicts are seen in 80.
    """
    rows = [
        (
            line.configuration if line.category == OVERALL else f"  {words.category(line)}",
            line,
            line.category == OVERALL,
        )
        for line in found.lines
    ]
    return _table(f"{found.metric_name}, %", rows, width)


def task_table(found: TaskComparison, *, width: int = WIDTH) -> Table:
    """Return a row for each metric below the name of its configuration (see `lines_table`)."""
    rows = [(f"{line.configuration}: {line.category}", line, line.category == found.primary) for line in found.lines]
    return _table(f"{found.title}, by {found.part}, %" if found.task == "events" else f"{found.title}, %", rows, width)


def _table(title: str, rows: Sequence[tuple[str, ComparedLine, bool]], width: int) -> Table:
    """Return a table of named lines; those that decide are bold."""
    narrow = width < WIDTH
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(title, no_wrap=not narrow, overflow="fold")
    for name in ("n", *words.sides(line for _, line, _ in rows), "change", "95% interval", "p")[narrow:]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name, line, decides in rows:
        style = _COLOURS[line.verdict]
        mark = f"[{style}]{words.MARKS[line.verdict]}[/{style}]"
        table.add_row(escape(name), *words.cells(line)[narrow:], mark, style="bold" * decides)
    return table
