"""The file beside a system's stores that says what ingesting took: one row a conversation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from locomo.files import read_jsonl

INGESTIONS: Final = "ingestion.jsonl"


def read_ingestions(stores: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all systems, by name; InputError if a file cannot be read."""
    found = sorted(stores.glob(f"*/{INGESTIONS}"))
    return {path.parent.name: [row for _, row in read_jsonl(path)] for path in found}
