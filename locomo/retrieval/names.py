"""The names of retrievers, for those who need no more than that."""

from __future__ import annotations

from typing import Final

RETRIEVERS: Final = ("dense", "bm25", "fusion", "hybrid", "learned")
MEMORY: Final = "memory/"
"""What the name of a memory system follows where it could be that of something else."""
