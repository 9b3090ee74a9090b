"""Where tables are printed."""

from __future__ import annotations

import os
from typing import Any

from rich.console import Console


def open_console(width: int, **options: Any) -> Console:
    """Return the terminal as it is; for files and pipes, one of so many columns that no table is cut.

    COLUMNS, where it is set, says how many there are in both.
    """
    console = Console(**options)
    said = os.environ.get("COLUMNS", "").isdigit()
    return console if said or console.is_terminal else Console(width=width, **options)
