"""Retrievers by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.retriever import Retriever

if TYPE_CHECKING:
    from locomo.retrieval.indexes import Indexes

RETRIEVERS: Final = ("dense", "bm25", "fusion", "hybrid", "learned")
MEMORY: Final = "memory/"
"""What the name of a memory system follows (see `locomo.retrieval.memory`)."""


def check_retriever(name: str) -> str:
    """Return the name of a retriever, or of a memory system; InputError for an unknown one."""
    return name if name.startswith(MEMORY) else _known(name)


def _known(name: str) -> str:
    if name not in RETRIEVERS:
        raise InputError(f"retriever '{name}': expected one of {', '.join(RETRIEVERS)}{did_you_mean(name, RETRIEVERS)}")
    return name


def open_retriever(name: str, index_folder: Path) -> Retriever:
    """Return a retriever over the indexes that `embed` wrote to a folder, or a memory system, which needs none.

    InputError for an unknown name.
    """
    if name.startswith(MEMORY):
        from locomo.retrieval.memory import MemoryRetriever, open_memory_system

        return MemoryRetriever(open_memory_system(name.removeprefix(MEMORY)))
    from locomo.retrieval.indexes import StoredIndexes

    return retriever_over(name, StoredIndexes(index_folder))


def retriever_over(name: str, indexes: Indexes) -> Retriever:
    """Return a retriever over vectors from elsewhere; InputError for an unknown name."""
    from locomo.retrieval.ranking import METHODS, ScoreRetriever

    return ScoreRetriever(indexes, METHODS[_known(name)])
