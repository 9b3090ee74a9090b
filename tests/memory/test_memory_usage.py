"""What `locomo results` and metrics/usage.json say of memory systems."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from rich.console import Console

from locomo.files import write_jsonl
from locomo.memory.ingestions import read_ingestions
from locomo.memory.searches import read_searches
from locomo.reporting.memory import memory_table, memory_usage


def row(**more: Any) -> dict[str, Any]:
    counts = {
        "sessions": 2,
        "calls": 3,
        "input_tokens": 1000,
        "output_tokens": 10,
        "embedded_texts": 4,
        "bytes": 500_000,
    }
    return {"sample_id": "a", "cost_usd": 0.5} | counts | more


def test_sums_are_over_conversations_and_unknown_prices_stay_unknown(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "paid/ingestion.jsonl", [row(), row(sample_id="b")])
    write_jsonl(tmp_path / "local/ingestion.jsonl", [row(cost_usd=None)])
    took = {"calls": 6, "input_tokens": 700, "output_tokens": 7, "embedded_texts": 5, "cost_usd": 0.25}
    searches = [{"id": "a:0", "system": "paid", "memories": [], "took": took}] * 2
    searches += [{"id": "a:0", "system": "local", "memories": []}]
    write_jsonl(tmp_path / "memories.jsonl", searches)
    usage = memory_usage(read_ingestions(tmp_path), read_searches(tmp_path / "memories.jsonl"))
    assert usage["paid"]["cost_usd"] == 1.0
    assert usage["paid"]["calls"] == 6
    assert "cost_usd" not in usage["local"]
    assert (usage["paid"]["search_calls"], usage["paid"]["search_input_tokens"]) == (12, 1400)
    assert usage["paid"]["search_cost_usd"] == 0.5
    assert (usage["local"]["search_calls"], usage["local"]["search_cost_usd"]) == (0, 0.0)


def test_without_searches_nothing_was_searched(tmp_path: Path) -> None:
    assert read_searches(tmp_path / "memories.jsonl") == {}


def test_a_table_has_what_it_took_and_how_long(tmp_path: Path) -> None:
    times = {"paid": {"ingest": {"seconds": 75.0}, "search": {"seconds_p50": 0.012, "seconds_p95": 0.2}}}
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(memory_table(memory_usage({"paid": [row()], "new": [row(cost_usd=None)]}), times))
    paid, new = [
        line.split() for line in console.export_text().splitlines() if line.strip().startswith(("paid", "new"))
    ]
    assert paid == ["paid", "3", "1,010", "4", "0.5000", "1", "min", "0", "0", "12", "ms", "200", "ms", "0.5", "MB"]
    assert new == ["new", "3", "1,010", "4", "–", "–", "0", "0", "–", "–", "0.5", "MB"]
