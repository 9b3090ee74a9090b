"""What a run has spent so far, by the journal that all of its processes write."""

from __future__ import annotations

import json
from pathlib import Path


class Ledger:
    """The sum of one run's lines. Only lines that are new since the last look are read."""

    def __init__(self, journal: Path, run: str) -> None:
        self._journal = journal
        self._run = run
        self._read = 0
        """Bytes of the journal that are counted."""
        self._total = 0.0

    def total(self) -> float:
        """Return US dollars. A killed process may have left half a line, which counts nothing."""
        try:
            with self._journal.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except FileNotFoundError:
            return self._total
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and entry.get("run") == self._run:
                self._total += entry.get("usd") or 0.0
        return self._total
