"""What memory systems took to ingest and to search, in tokens and US dollars as without the request cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.memory.services import Taken
from locomo.progress import duration

SUMS: Final = ("sessions", "calls", "input_tokens", "output_tokens", "embedded_texts", "bytes")
"""What is added up over conversations."""
SEARCH: Final = "search_"
"""What the names of sums over searches begin with."""
PREFIXES: Final = ("", SEARCH)
"""What the names of sums begin with: of ingestion, of searches."""
Usage = Mapping[str, float]
"""Sums of one system."""


def memory_usage(
    ingestions: Mapping[str, Iterable[Mapping[str, Any]]], searches: Mapping[str, Taken] = MappingProxyType({})
) -> dict[str, dict[str, float]]:
    """Return the sums by system, of ingestion and of `searches`; where a price is not known there are no dollars."""
    usage = {}
    for name in dict.fromkeys((*ingestions, *searches)):
        rows = list(ingestions.get(name, ()))
        usage[name] = {field: sum(row[field] for row in rows) for field in SUMS}
        costs = [row["cost_usd"] for row in rows]
        if None not in costs:
            usage[name]["cost_usd"] = round(sum(costs), 6)
        searched = asdict(searches.get(name, Taken()))
        if searched["cost_usd"] is None:
            del searched["cost_usd"]
        usage[name] |= {f"{SEARCH}{field}": round(value, 6) for field, value in searched.items()}
    return usage


def memory_table(usage: Mapping[str, Mapping[str, float]], times: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return a table of the systems; `times` is what was noted of each while it ran here (see `pipeline.memory`)."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=0, pad_edge=False, expand=False)
    table.add_column("memory system", no_wrap=True)
    for header in ("calls to\ningest", "tokens", "vectors", "US $", "time to\ningest", "calls to\nsearch", "tokens"):
        table.add_column(header, justify="right")
    for header in ("search\np50", "p95", "store"):
        table.add_column(header, justify="right")
    for name, sums in usage.items():
        noted = times.get(name, {})
        seconds, search = noted.get("ingest", {}).get("seconds"), noted.get("search", {})
        table.add_row(
            name,
            f"{sums['calls']:,}",
            f"{sums['input_tokens'] + sums['output_tokens']:,}",
            f"{sums['embedded_texts']:,}",
            f"{sums['cost_usd']:.4f}" if "cost_usd" in sums else "–",
            "–" if seconds is None else duration(seconds),
            f"{sums.get('search_calls', 0):,}",
            f"{sums.get('search_input_tokens', 0) + sums.get('search_output_tokens', 0):,}",
            *(_milliseconds(search.get(which)) for which in ("seconds_p50", "seconds_p95")),
            f"{sums['bytes'] / 1e6:.1f} MB",
        )
    return table


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:.0f} ms"
