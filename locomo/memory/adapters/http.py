"""A memory system behind HTTP: `python -m locomo.memory.adapters.http http://127.0.0.1:8080`.

Each verb is a POST of the request's fields as JSON to /open, /add, /search and /close. /search answers {"hits": [...]}.
Where the store lies is the server's affair: it is told an id of its own for each store, and whether it begins empty.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from locomo.memory.adapter.locomo_memory_adapter import serve

BEGUN = "begun"


class Http:
    """The adapter of a server."""

    def __init__(self) -> None:
        self._address = sys.argv[1].rstrip("/")

    def open(self, folder: str, **fields: Any) -> None:
        """Open a store. It begins empty if nothing was opened in this folder before."""
        begun = Path(folder) / BEGUN
        self._post("open", **fields, fresh=not begun.exists())
        begun.touch()

    def add(self, **fields: Any) -> None:
        """Ingest a session."""
        self._post("add", **fields)

    def search(self, **fields: Any) -> list[dict[str, Any]]:
        """Return what was found."""
        hits: list[dict[str, Any]] = self._post("search", **fields)["hits"]
        return hits

    def close(self) -> None:
        """Close the store."""
        self._post("close")

    def _post(self, verb: str, **fields: Any) -> Any:
        request = urllib.request.Request(  # noqa: S310  (http and https alone: the pipeline has looked)
            f"{self._address}/{verb}", json.dumps(fields).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"HTTP {error.code} {error.read().decode(errors='replace')[:200]}") from None


if __name__ == "__main__":
    serve(Http)
