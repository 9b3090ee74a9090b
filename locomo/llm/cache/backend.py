"""What a place that keeps answers has to offer: text by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol


class Backend(Protocol):
    """Text by key, shared by processes and usable from any thread.

    InputError, in one line, where it cannot be read or written.
    """

    location: str
    """Where it is, for people: holds no password."""

    def get(self, key: str) -> str | None:
        """Return the text of a key, or None."""
        ...

    def put(self, entries: Collection[tuple[str, str]]) -> None:
        """Write all or nothing, over what is there; durable on return."""
        ...

    def add(self, entries: Collection[tuple[str, str]]) -> set[str]:
        """Write those whose key is not there yet, all or nothing; return their keys."""
        ...

    def delete(self, keys: Collection[str]) -> None:
        """Delete keys; one that is not there is no error."""
        ...

    def keys(self) -> Iterator[str]:
        """Yield all keys, sorted."""
        ...

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield all keys with their texts, sorted by key."""
        ...

    def size(self) -> int:
        """Return the bytes that all of it takes."""
        ...

    def __len__(self) -> int: ...

    def close(self) -> None:
        """Give back what this thread holds open."""
        ...
