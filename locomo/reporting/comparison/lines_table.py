"""The verdicts of a comparison as one table, for the terminal and for notebooks."""

from __future__ import annotations

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison

WIDTH: Final = 110
"""Columns that the widest row takes."""
_COLOURS: Final = {"better": "green", "worse": "red", "noise": "dim", "unknown": "yellow"}


def lines_table(found: Comparison, *, width: int = WIDTH) -> Table:
    """Return a row for each configuration, and below it one for each category.

    With less than `WIDTH` columns n is left out and long names are folded, so that verdicts are seen in 80.
    """
    narrow = width < WIDTH
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(f"{found.metric_name}, %", no_wrap=not narrow, overflow="fold")
    for name in ("n", *words.sides(found.lines), "change", "95% interval", "p")[narrow:]:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for line in found.lines:
        overall = line.category == "overall"
        name = escape(line.configuration) if overall else f"  {words.category(line)}"
        style = _COLOURS[line.verdict]
        table.add_row(
            name, *words.cells(line)[narrow:], f"[{style}]{words.MARKS[line.verdict]}[/{style}]", style="bold" * overall
        )
    return table
