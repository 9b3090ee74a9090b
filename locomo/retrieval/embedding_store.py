"""Vectors of texts that were computed once, kept on disk for every run after."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

import numpy as np

from locomo.cache_folder import kept_folder
from locomo.errors import InputError
from locomo.number_store import NumberStore
from locomo.retrieval.declaration import Side
from locomo.retrieval.encoder import Encoder
from locomo.retrieval.transformer import Vectors

LIMIT: Final = 4 * 2**30
"""Bytes: vectors of some two million texts of all-MiniLM-L6-v2."""
_AT_ONCE: Final = 2_048
"""Texts that are computed before they are stored: what a run that is stopped loses at most."""

log = logging.getLogger("locomo")


@runtime_checkable
class Computed(Encoder, Protocol):
    """An encoder whose vectors a model computes that is ours."""

    def fingerprint(self, side: Side) -> str:
        """Return what a vector depends on beside the text."""
        ...


def default_folder() -> Path:
    """Return where vectors are kept (see `kept_folder`)."""
    return kept_folder("embeddings")


class EmbeddingStore(NumberStore):
    """Float32 vectors by key (see `NumberStore`); InputError where the folder cannot be used."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__((folder or default_folder()) / "vectors.sqlite", "<f4", limit=LIMIT)


def with_store(encoder: Encoder) -> Encoder:
    """Return an encoder that computes no text twice; as it is if it is no model of this machine.

    Where nothing can be stored, a warning says so, and everything is computed.
    """
    if not isinstance(encoder, Computed):
        return encoder
    try:
        return StoredEncoder(encoder, EmbeddingStore())
    except InputError as error:
        log.warning("vectors are not kept: %s", error)
        return encoder


class StoredEncoder:
    """An encoder that computes only what its store has not got. Vectors are the same either way, bit for bit."""

    def __init__(self, encoder: Computed, store: EmbeddingStore) -> None:
        self.name, self.revision = encoder.name, encoder.revision
        self.encoder = encoder
        self.store = store
        self.computed = 0
        """Texts that were not in the store."""

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """See `Encoder`; InputError if the store cannot be used."""
        if not texts:
            return self.encoder.encode(texts, side=side)  # knows how many dimensions no vectors have
        fingerprint = self.encoder.fingerprint(side)
        keys = {text: hashlib.sha256(f"{fingerprint}\0{text}".encode()).digest() for text in texts}
        found = self.store.get(list(keys.values()))
        missing = [text for text, key in keys.items() if key not in found]
        missing.sort(key=len)  # so that portions, too, hold texts of like length
        for start in range(0, len(missing), _AT_ONCE):
            portion = missing[start : start + _AT_ONCE]
            vectors = self.encoder.encode(portion, side=side)
            self.store.add([keys[text] for text in portion], vectors)
            found |= {keys[text]: vector for text, vector in zip(portion, vectors, strict=True)}
        self.computed += len(missing)
        return np.stack([found[keys[text]] for text in texts])
