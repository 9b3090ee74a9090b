"""Indexes as tables: one row a conversation and kind of unit, one a unit, one a vector."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.files import read_json
from locomo.retrieval.declaration import DECLARATIONS
from locomo.retrieval.units import UNITS, Unit
from locomo.validation.expected import NOTHING, Expected
from locomo.validation.questions import read_data
from locomo.validation.recompute import NOTHING_AGAIN, Recompute
from locomo.validation.tables import Tables, as_list, as_object, few, shown, table

_INDEXES: Final = (
    *("file", "id", "unknown_sample", "missing_file", "bad_file", "encoder", "expected_encoder", "revision"),
    *("expected_revision", "units", "expected_units", "vectors", "faiss_vectors", "dtype", "dimensions"),
    *("faiss_dimensions", "expected_dimensions", "bad_metric"),
)
_UNITS: Final = (
    *("file", "id", "ids", "expected_ids", "session", "expected_session", "speaker", "expected_speaker"),
    *("text", "expected_text", "key", "expected_key"),
)
_ENCODED_ANEW: Final = 5
"""Units of each index."""
_VECTORS: Final = ("file", "id", "not_finite", "length", "length_of_cosine", "off_faiss", "off_encoder")


def index_tables(path: Path, data: Path, expected: Expected = NOTHING, again: Recompute = NOTHING_AGAIN) -> Tables:
    """Return the tables of the indexes in folder `path`, over the conversations at `data`.

    InputError if there is no such folder, or if the conversations cannot be read.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder, expected the indexes that `dvc repro embed` makes")
    conversations = read_data(data)
    found = [
        _Index(path / conversation.sample_id, kind, units_of(conversation))
        for conversation in conversations
        for kind, units_of in UNITS.items()
    ]
    known = {conversation.sample_id for conversation in conversations}
    strangers = sorted(entry.name for entry in path.iterdir() if entry.name not in known)
    usual = {name: _usual(getattr(index, name) for index in found) for name in ("encoder", "revision", "dimensions")}
    if expected.encoder is not None:
        usual["encoder"] = expected.encoder
    rows = [index.row() | {f"expected_{name}": value for name, value in usual.items()} for index in found]
    rows += [{"file": shown(path / name), "id": name, "unknown_sample": name} for name in strangers]
    return {
        "indexes": table(_INDEXES, rows),
        "units": table(_UNITS, (row for index in found for row in index.unit_rows())),
        "vectors": _vectors(found, again),
    }


def _usual(values: Any) -> Any:
    """What most of the indexes have: all of them must have the same."""
    counts = Counter(value for value in values if value is not None)
    return counts.most_common(1)[0][0] if counts else None


def _vectors(found: list[_Index], again: Recompute) -> Any:
    import pandas

    whole = [index for index in found if index.matrix is not None and len(index.matrix)]
    encoded = _encoded(whole, again)
    frames = [index.vector_frame(encoded) for index in whole]
    return pandas.concat(frames, ignore_index=True) if frames else table(_VECTORS, [])


def _encoded(found: list[_Index], again: Recompute) -> dict[str, Any]:
    """Return the vectors of some keys of each index, encoded anew, by key."""
    keys = list(dict.fromkeys(key for index in found for _, key in index.sampled()))
    if again.vectors is None or not keys:
        return {}
    return dict(zip(keys, again.vectors(keys), strict=True))


class _Index:
    """The three files of one index, as far as they can be read, and the units that it must hold."""

    def __init__(self, folder: Path, kind: str, expected: list[Unit]) -> None:
        import faiss
        import numpy as np

        self.id = f"{folder.name} {kind}"
        self.file = folder / kind
        self.expected = expected
        self.missing = [end for end in ("json", "npy", "faiss") if not (folder / f"{kind}.{end}").is_file()]
        self.bad: list[str] = []
        about: dict[str, Any] = {}
        self.matrix: Any = None
        self.faiss: Any = None
        for end in {"json", "npy", "faiss"} - set(self.missing):
            path = folder / f"{kind}.{end}"
            try:
                if end == "json":
                    about = as_object(read_json(path))
                elif end == "npy":
                    self.matrix = np.load(path, allow_pickle=False)
                    if self.matrix.ndim != 2:
                        self.bad.append(f"{end} of shape {self.matrix.shape}")
                        self.matrix = None
                else:
                    self.faiss = faiss.read_index(str(path))
            except (InputError, ValueError, OSError, EOFError, RuntimeError):
                self.bad.append(end)
        self.units = [as_object(unit) for unit in as_list(about.get("units"))]
        self.encoder, self.revision = about.get("encoder"), about.get("revision")
        self.dimensions = None if self.matrix is None else int(self.matrix.shape[1])

    def row(self) -> dict[str, Any]:
        return {
            "file": shown(self.file),
            "id": self.id,
            "missing_file": few(f"{self.file.name}.{end}" for end in self.missing),
            "bad_file": few(f"{self.file.name}.{end}" for end in self.bad),
            "encoder": self.encoder,
            "revision": self.revision,
            "units": len(self.units),
            "expected_units": len(self.expected),
            "vectors": None if self.matrix is None else len(self.matrix),
            "faiss_vectors": None if self.faiss is None else int(self.faiss.ntotal),
            "dtype": None if self.matrix is None else str(self.matrix.dtype),
            "dimensions": self.dimensions,
            "faiss_dimensions": None if self.faiss is None else int(self.faiss.d),
            "bad_metric": self._bad_metric(),
        }

    def unit_rows(self) -> Iterator[dict[str, Any]]:
        for at, (unit, expected) in enumerate(zip(self.units, self.expected, strict=False)):
            yield {
                "file": f"{shown(self.file)}.json",
                "id": f"{self.id} {at}",
                "ids": ", ".join(map(str, as_list(unit.get("ids")))),
                "expected_ids": ", ".join(expected.ids),
                **{name: unit.get(name) for name in ("session", "speaker", "text", "key")},
                **{f"expected_{name}": getattr(expected, name) for name in ("session", "speaker", "text", "key")},
            }

    def _bad_metric(self) -> str | None:
        import faiss

        inner = self.faiss is None or self.faiss.metric_type == faiss.METRIC_INNER_PRODUCT
        return None if inner else f"faiss metric {self.faiss.metric_type}"

    def sampled(self) -> list[tuple[int, str]]:
        """Return (place, key) of a few units, drawn by the name of the index."""
        count = min(len(self.expected), len(self.matrix))
        drawn = random.Random(self.id).sample(range(count), min(_ENCODED_ANEW, count))  # noqa: S311  (a sample)
        return [(place, self.expected[place].key) for place in sorted(drawn)]

    def _off_encoder(self, matrix: Any, encoded: Mapping[str, Any]) -> Any:
        """How far vectors are from those encoded anew, by their length; NaN for those that were not."""
        import numpy as np

        off = np.full(len(matrix), np.nan)
        for place, key in self.sampled() if encoded else []:
            vector = encoded[key]
            if len(vector) == matrix.shape[1] and len(vector):
                off[place] = np.linalg.norm(matrix[place] - vector) / max(float(np.linalg.norm(vector)), 1e-12)
        return off

    def vector_frame(self, encoded: Mapping[str, Any]) -> Any:
        import numpy as np
        import pandas

        matrix = self.matrix.astype(np.float64)
        finite = np.isfinite(matrix)
        measured = finite.all(axis=1) & (matrix.shape[1] > 0)  # bm25 makes vectors of no dimension at all
        length = np.where(measured, np.linalg.norm(np.where(finite, matrix, 0.0), axis=1), np.nan)
        declaration = DECLARATIONS.get(str(self.encoder))
        cosine = declaration is not None and declaration.similarity == "cosine"
        return pandas.DataFrame(
            {
                "file": f"{shown(self.file)}.npy",
                "id": [f"{self.id} {at}" for at in range(len(matrix))],
                "not_finite": (~finite).sum(axis=1),
                "length": length,
                "length_of_cosine": length if cosine else np.full(len(matrix), np.nan),
                "off_faiss": self._off_faiss(matrix),
                "off_encoder": self._off_encoder(matrix, encoded),
            }
        )

    def _off_faiss(self, matrix: Any) -> Any:
        """The largest difference of each vector from what faiss has in its place; NaN where they cannot be compared."""
        import numpy as np

        nothing = np.full(len(matrix), np.nan)
        if self.faiss is None or (self.faiss.ntotal, self.faiss.d) != matrix.shape:
            return nothing
        try:
            return np.abs(matrix - self.faiss.reconstruct_n(0, self.faiss.ntotal)).max(axis=1, initial=0.0)
        except RuntimeError:  # a kind of index that cannot say what it holds
            return nothing
