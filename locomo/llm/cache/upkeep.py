"""Checking what is kept, and deleting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from locomo.errors import InputError
from locomo.llm.cache.backend import Backend
from locomo.llm.cache.entry import check_key, read_entry

_BATCH = 500
"""Entries that are deleted in one go, so that others who write are not held up."""


def broken_entries(backend: Backend) -> Iterator[tuple[str, str]]:
    """Yield key and trouble of entries that cannot be read, have another shape or lie under a wrong key."""
    for key in list(backend.keys()):
        try:
            if (text := backend.get(key)) is not None:
                check_key(read_entry(key, text, "entry"), "entry")
        except InputError as error:
            yield key, str(error).removeprefix("entry: ")


def delete_entries(backend: Backend, keys: Sequence[str]) -> None:
    """Delete keys, some at a time."""
    for start in range(0, len(keys), _BATCH):
        backend.delete(keys[start : start + _BATCH])
