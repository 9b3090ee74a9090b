"""A searchable index of one conversation's units, and how it lies on disk.

`<folder>/<sample_id>/<unit>.faiss` is searched; `<unit>.npy` beside it holds the same vectors for other tools, and
`<unit>.json` the units in the same order, the encoder's name and its revision.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from locomo.errors import InputError
from locomo.files import pretty_json, read_json, write_text
from locomo.retrieval import search_structures
from locomo.retrieval.declaration import IndexKind
from locomo.retrieval.encoder import Encoder, Vectors
from locomo.retrieval.units import Unit


@dataclass(frozen=True, slots=True)
class Index:
    """Units and their vectors, searched by inner product."""

    encoder: str
    revision: str
    units: list[Unit]
    vectors: Any
    """A faiss index."""

    @classmethod
    def build(cls, units: list[Unit], vectors: Vectors, encoder: Encoder, kind: IndexKind = "flat") -> Index:
        """Make an index of vectors of shape (units, dimensions); ValueError if there are more or fewer of them."""
        if len(vectors) != len(units):
            raise ValueError(f"{len(vectors)} vectors for {len(units)} units")
        searched = search_structures.build(kind if vectors.size else "flat", vectors)
        return cls(encoder.name, encoder.revision, units, searched)

    @property
    def matrix(self) -> Vectors:
        """All vectors, of shape (units, dimensions), in the order of the units."""
        rows: Vectors = self.vectors.reconstruct_n(0, self.vectors.ntotal)
        return rows

    def search(self, queries: Vectors, k: int) -> list[list[Unit]]:
        """Return the k best units (all, if there are fewer), best first, for queries of shape (queries, dimensions)."""
        if not self.units:
            return [[] for _ in queries]
        _, rows = self.vectors.search(queries, min(k, len(self.units)))
        return [[self.units[i] for i in row if i >= 0] for row in rows]  # -1: an approximate search found fewer

    def save(self, folder: Path, unit: str) -> None:
        """Write all three files."""
        folder.mkdir(parents=True, exist_ok=True)
        faiss.write_index(self.vectors, str(folder / f"{unit}.faiss"))
        np.save(folder / f"{unit}.npy", self.matrix, allow_pickle=False)
        about = {"encoder": self.encoder, "revision": self.revision, "units": [asdict(unit) for unit in self.units]}
        write_text(folder / f"{unit}.json", pretty_json(about))

    @classmethod
    def load(cls, folder: Path, unit: str) -> Index:
        """Read what is searched, and the units; InputError if they are missing or do not belong together."""
        about = read_json(folder / f"{unit}.json")
        try:
            encoder, revision = about["encoder"], about["revision"]
            units = [Unit(**entry | {"ids": tuple(entry["ids"])}) for entry in about["units"]]
        except (KeyError, TypeError):
            raise InputError(f"{folder / unit}.json: not the units of an index; run `dvc repro embed`") from None
        try:
            vectors = faiss.read_index(str(folder / f"{unit}.faiss"))
        except RuntimeError:
            raise InputError(f"{folder / unit}.faiss: cannot be read; run `dvc repro embed`") from None
        if vectors.ntotal != len(units):
            raise InputError(
                f"{folder / unit}.faiss: {vectors.ntotal} vectors for {len(units)} units; run `dvc repro embed`"
            )
        return cls(encoder, revision, units, vectors)
