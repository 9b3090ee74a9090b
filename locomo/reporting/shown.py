"""A table that prints as text, and shows itself as HTML in a notebook."""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDEST: Final = 400
"""Columns; a table takes what it needs of them."""
_COLOURS: Final = {"green": "#1a7f37", "red": "#cf222e", "yellow": "#9a6700", "dim": "#6e7781"}


class Shown:
    """A table with a heading and notes: `str` is text for a terminal, `_repr_html_` is for a notebook."""

    def __init__(self, table: Table, heading: str = "", notes: Sequence[str] = ()) -> None:
        self._table = table
        self._heading = heading
        self._notes = list(notes)

    def __str__(self) -> str:
        lines = io.StringIO()
        # In a notebook, rich would show the table there and write nothing.
        console = Console(file=lines, width=_WIDEST, color_system=None, highlight=False, force_jupyter=False)
        console.print(self._table)
        table = [line.rstrip() for line in lines.getvalue().splitlines() if line.strip()]
        return "\n".join([*filter(None, [self._heading]), *table, *self._notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        columns = [[str(cell) for cell in column.cells] for column in self._table.columns]
        head = "".join(f"<th>{_html(str(column.header))}</th>" for column in self._table.columns)
        rows = zip(self._table.rows, zip(*columns, strict=True), strict=True)
        body = "".join(f"<tr{_weight(row.style)}>{_cells(cells)}</tr>" for row, cells in rows)
        heading = f"<p>{escape(self._heading)}</p>" if self._heading else ""
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes)
        return f"{heading}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"


def _cells(row: Sequence[str]) -> str:
    sides = ["left", *["right"] * (len(row) - 1)]
    return "".join(
        f'<td style="text-align: {side}; white-space: pre">{_html(cell)}</td>'
        for side, cell in zip(sides, row, strict=True)
    )


def _weight(style: object) -> str:
    return ' style="font-weight: bold"' if "bold" in str(style) else ""


def _html(markup: str) -> str:
    """Return markup of rich as HTML: its words, in the colour that they have as a whole."""
    text = Text.from_markup(markup)
    words = escape(text.plain.replace("-\n", "-").replace("\n", " "))
    colour = next((found for span in text.spans if (found := _COLOURS.get(str(span.style)))), None)
    return f'<span style="color: {colour}">{words}</span>' if colour else words
