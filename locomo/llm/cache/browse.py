"""Looking through stored answers: all of them, one model's, one by the beginning of its key."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from locomo.errors import InputError, did_you_mean
from locomo.llm.cache.backend import Backend
from locomo.llm.cache.entry import Entry, read_entry
from locomo.llm.cache.texts import same_start

_NAMED = 3
"""Keys that an error names at most."""


@dataclass(slots=True)
class Usage:
    """What is kept of one model."""

    entries: int = 0
    refusals: int = 0
    """Those of them that remember why there is no answer."""
    input_tokens: int = 0
    output_tokens: int = 0


def read_entries(backend: Backend, model: str | None = None) -> Iterator[Entry]:
    """Yield entries sorted by key: all, or those of one `provider/model`.

    InputError where an entry is broken, or at the end if nothing is kept of that model.
    """
    seen: set[str] = set()
    for key, text in backend.items():
        entry = _read(backend, key, text)
        seen.add(entry.model)
        if model in (None, entry.model):
            yield entry
    if model is not None and model not in seen:
        raise InputError(f"{backend.location}: no answer of model '{model}' is kept here{did_you_mean(model, seen)}")


def usage_by_model(entries: Iterable[Entry]) -> dict[str, Usage]:
    """Count entries and tokens by `provider/model`, sorted by name."""
    usages: dict[str, Usage] = {}
    for entry in entries:
        usage = usages.setdefault(entry.model, Usage())
        usage.entries += 1
        usage.refusals += entry.refusal is not None
        usage.input_tokens += entry.told["input_tokens"]
        usage.output_tokens += entry.told["output_tokens"]
    return dict(sorted(usages.items()))


def find_entry(backend: Backend, beginning: str) -> Entry:
    """Return the one entry whose key begins so; InputError where none or several do."""
    keys = list(backend.keys())
    found = [key for key in keys if key.startswith(beginning)]
    if len(found) > 1:
        raise InputError(f"{len(found)} keys begin with '{beginning}', give more of it: {_some(found, beginning)}")
    if not found or (text := backend.get(found[0])) is None:
        near = heapq.nlargest(_NAMED, keys, key=lambda key: same_start(key, beginning))
        hint = f"; near are {_some(near, beginning)}" if near else ""
        raise InputError(f"{backend.location}: no key begins with '{beginning}'{hint}")
    return _read(backend, found[0], text)


def _read(backend: Backend, key: str, text: str) -> Entry:
    try:
        return read_entry(key, text, f"{backend.location}: entry {key}")
    except InputError as error:
        raise InputError(f"{error}; `locomo cache verify` finds all that are broken") from None


def _some(keys: list[str], beginning: str) -> str:
    """The first keys, as far as one needs them to choose."""
    return ", ".join(f"{key[: len(beginning) + 8]}…" for key in keys[:_NAMED]) + (" …" if len(keys) > _NAMED else "")
