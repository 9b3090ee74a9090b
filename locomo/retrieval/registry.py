"""Retrievers by name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from locomo.errors import InputError, did_you_mean
from locomo.retrieval.names import MEMORY, RETRIEVERS
from locomo.retrieval.own import is_memory_system, is_own, make_own
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.store_names import STORE, is_store, store_of

if TYPE_CHECKING:
    from locomo.retrieval.encoder import OpenEncoder
    from locomo.retrieval.indexes import Indexes

_IS_MEMORY: Final = "'{name}' is a memory system, and no retriever: set memory.systems=[{plain}]"


def check_retriever(name: str) -> str:
    """Return the name of a retriever or a class of one's own; InputError for an unknown one.

    Nothing is imported: whether a class is there is found when it is opened.
    """
    if name.startswith(MEMORY):
        raise InputError(_IS_MEMORY.format(name=name, plain=name.removeprefix(MEMORY)))
    if is_store(name):
        store_of(name)
        return name
    return name if is_own(name) else _known(name)


def needs_vectors(name: str) -> bool:
    """Return whether a retriever reads the indexes that `embed` wrote: those of this project and databases do."""
    return name in RETRIEVERS or is_store(name)


def _known(name: str) -> str:
    if name not in RETRIEVERS:
        known = ", ".join((*RETRIEVERS, f"{STORE}<kind>:<place>"))
        raise InputError(f"retriever '{name}': expected one of {known}{did_you_mean(name, RETRIEVERS)}")
    return name


def open_retriever(name: str, index_folder: Path, opener: OpenEncoder | None = None) -> Retriever:
    """Return a retriever over the indexes that `embed` wrote to a folder, or a class of one's own, which needs none.

    `opener` opens the encoder of questions; without one, those that compute here. InputError for an unknown name.
    """
    if is_own(name):
        if is_memory_system(name):
            raise InputError(_IS_MEMORY.format(name=name, plain=name))
        made: Retriever = make_own(name)
        return made
    from locomo.retrieval.indexes import StoredIndexes

    return retriever_over(name, StoredIndexes(index_folder, opener))


def retriever_over(name: str, indexes: Indexes) -> Retriever:
    """Return a retriever over vectors from elsewhere; InputError for an unknown name."""
    if is_store(name):
        from locomo.retrieval.store_retriever import StoreRetriever

        return StoreRetriever(name, indexes)
    from locomo.retrieval.ranking import Method, ScoreRetriever

    method: Method = getattr(import_module(f"locomo.retrieval.{RETRIEVERS[_known(name)]}"), name)
    return ScoreRetriever(indexes, method)
