"""What the searches of memory systems took, by the rows of data/memories.jsonl."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from locomo.files import read_jsonl
from locomo.memory.services import Taken

MEMORIES: Final = "memories.jsonl"
TOOK: Final = "took"


def read_searches(memories: Path) -> Mapping[str, Taken]:
    """Return what all searches of each system took together, by name; nothing where there is no such file.

    InputError if it cannot be read.
    """
    taken: dict[str, Taken] = {}
    for _, row in read_jsonl(memories) if memories.is_file() else []:
        name = row["system"]
        taken[name] = taken.get(name, Taken()).plus(Taken(**row.get(TOOK, {})))
    return taken
