"""The names of retrievers, for those who need no more than that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

RETRIEVERS: Final[Mapping[str, str]] = {
    "dense": "ranking",
    "bm25": "ranking",
    "fusion": "ranking",
    "hybrid": "hybrid",
    "learned": "ranking",
}
"""The module of this package that has each as a function of its name, a `Method`."""
MEMORY: Final = "memory/"
"""What the name of a memory system follows where it could be that of something else."""
