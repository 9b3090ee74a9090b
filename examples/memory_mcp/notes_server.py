"""A memory as a Model Context Protocol server over stdio: notes, found by the words that they share with a query."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from mcp.server import MCPServer

server = MCPServer("notes")
FILE = Path(os.environ["NOTES_FILE"])


@server.tool()
def add_note(content: str, source: str) -> str:
    """Keep a note, and where it comes from."""
    with FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"content": content, "source": source}) + "\n")
    return "kept"


@server.tool()
def search_notes(query: str, limit: int = 5) -> list[dict[str, Any]]:
    """Return the notes that share most words with a query, best first."""
    lines = FILE.read_text(encoding="utf-8").splitlines() if FILE.exists() else []
    notes = [json.loads(line) for line in lines]
    shared = [len(words(query) & words(note["content"])) for note in notes]
    best = sorted(range(len(notes)), key=lambda number: -shared[number])
    return [{**notes[number], "shared": shared[number]} for number in best[:limit]]


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


if __name__ == "__main__":
    server.run()
