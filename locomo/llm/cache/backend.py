"""What a place that keeps answers has to offer: text by key."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol, runtime_checkable

from locomo.errors import InputError


class AwayError(InputError):
    """A server that keeps answers cannot be reached now: it may be back in a moment."""


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


@runtime_checkable
class SharedBackend(Backend, Protocol):
    """A backend that machines share. A lease on a key says who asks for its answer, for a limited time.

    AwayError, in one line, where the server cannot be reached now.
    """

    def claim(self, keys: Collection[str], owner: str, seconds: float) -> set[str]:
        """Take leases on keys that have no entry and no other owner; return the keys that are the owner's now."""
        ...

    def present(self, keys: Collection[str]) -> set[str]:
        """Return the keys that have an entry."""
        ...

    def renew(self, keys: Collection[str], owner: str, seconds: float) -> None:
        """Prolong leases of an owner; those that have run out meanwhile are taken again."""
        ...

    def release(self, keys: Collection[str], owner: str) -> None:
        """Give back leases of an owner."""
        ...
