"""The names of vector databases as retrievers, `store/<kind>:<place>`, for those who need no more than that."""

from __future__ import annotations

from typing import Final

from locomo.errors import InputError
from locomo.retrieval.vector_store import check_store

STORE: Final = "store/"


def is_store(name: str) -> bool:
    """Return whether a retriever's name means a vector database."""
    return name.startswith(STORE)


def store_of(name: str) -> tuple[str, str]:
    """Return the kind of database and its place; InputError for an unknown kind, no place, or a password in it."""
    kind, colon, place = name.removeprefix(STORE).partition(":")
    check_store(kind)
    if not colon or not place:
        raise InputError(f"retriever '{name}': expected {STORE}{kind}:PLACE, the path or address of the database")
    user, at, _ = place.partition("://")[2].rpartition("@")
    if at and user.partition(":")[2]:
        raise InputError(f"retriever '{STORE}{kind}:…': a password has no place in params.yaml; set PGPASSWORD")
    return kind, place
