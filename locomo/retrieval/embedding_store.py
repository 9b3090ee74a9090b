"""Vectors that were computed once, kept on disk for every run after: numbers by key in one SQLite database."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import numpy as np

from locomo.errors import InputError
from locomo.machine import kept_folder
from locomo.retrieval.declaration import Side
from locomo.retrieval.transformer import TransformerEncoder, Vectors

_BATCH: Final = 500
"""Keys of one query; SQLite takes 999 at least."""
_AT_ONCE: Final = 2_048
"""Texts that are computed before they are stored: what a run that is stopped loses at most."""


def default_folder() -> Path:
    """Return where vectors are kept (see `kept_folder`)."""
    return kept_folder("embeddings")


class EmbeddingStore:
    """Float32 vectors by key, shared by any number of processes; what is there first stays, and nothing is evicted.

    InputError where the folder cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or default_folder()) / "vectors.sqlite"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.path.parent}: no folder can be made here ({error.strerror})") from None
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")  # those who read do not wait for one who writes
            connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, numbers BLOB) WITHOUT ROWID")

    def get(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        """Return the vectors of those keys that are there."""
        found: dict[bytes, Vectors] = {}
        with self._connection() as connection:
            for start in range(0, len(keys), _BATCH):
                some = keys[start : start + _BATCH]
                marks = ",".join("?" * len(some))
                rows = connection.execute(f"SELECT key, numbers FROM vectors WHERE key IN ({marks})", some)  # noqa: S608
                found |= {key: np.frombuffer(numbers, dtype="<f4").astype(np.float32) for key, numbers in rows}
        return found

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Store a vector for each key, all or none."""
        rows = [(key, vector.astype("<f4").tobytes()) for key, vector in zip(keys, vectors, strict=True)]
        with self._connection() as connection, connection:
            connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", rows)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise InputError(
                f"{self.path}: cannot be used ({error}); move it away, and vectors are computed anew"
            ) from None


class StoredEncoder:
    """An encoder that computes only what its store has not got. Vectors are the same either way, bit for bit."""

    def __init__(self, encoder: TransformerEncoder, store: EmbeddingStore) -> None:
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
