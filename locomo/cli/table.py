"""Means of scores as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo.cli.console import open_console
from locomo.reporting.means_table import means_table, width_of


def print_means(
    means: Mapping[str, Mapping[str, Mapping[str, Any]]],
    names: Mapping[str, str],
    halves: Mapping[str, float | None] | None = None,
) -> None:
    """Print a table of means (see `means_table`); a narrow terminal gets it without ROUGE and BERTScore."""
    console = open_console(width_of(means))
    console.print(means_table(means, names, halves, width=console.width))
