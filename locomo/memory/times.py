"""How long systems took the last time: it varies from run to run, so it lies in the logs."""

from __future__ import annotations

from typing import Any

from locomo.errors import InputError
from locomo.files import read_json
from locomo.memory.start import LOGS


def times_of(system: str) -> dict[str, Any]:
    """Return what was noted of a system's ingestion and searches; empty if nothing was, or if it cannot be read."""
    path = LOGS / f"{system}.json"
    try:
        found = read_json(path) if path.is_file() else {}
    except InputError:
        return {}
    return found if isinstance(found, dict) else {}
