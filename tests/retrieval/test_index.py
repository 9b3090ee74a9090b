"""An index finds what is nearest, and comes back from disk as it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from locomo.errors import InputError
from locomo.retrieval.index import Index
from locomo.retrieval.units import Unit

UNITS = [Unit((f"D1:{n}", "D2:1"), 1, "Ann", f"text {n}", f"Ann: text {n}") for n in range(1, 5)]
VECTORS = np.eye(4, 6, dtype=np.float32)
QUERIES = np.array([[0.1, 0.5, 0.2, 0, 0, 0], [0, 0, 0.3, 0.9, 0, 0]], dtype=np.float32)


class Named:
    """All that an index wants to know of its encoder."""

    name = "named"
    revision = "sha256:00"


@pytest.fixture
def index() -> Index:
    return Index.build(UNITS, VECTORS, Named())


def test_the_nearest_come_first(index: Index) -> None:
    first, second = index.search(QUERIES, 2)
    assert first == [UNITS[1], UNITS[2]]
    assert second == [UNITS[3], UNITS[2]]


def test_more_than_there_are_gives_all(index: Index) -> None:
    assert [unit.text for unit in index.search(QUERIES[:1], 50)[0]] == ["text 2", "text 3", "text 1", "text 4"]


def test_an_index_of_nothing_finds_nothing(tmp_path: Path) -> None:
    Index.build([], VECTORS[:0], Named()).save(tmp_path, "observation")
    assert Index.load(tmp_path, "observation").search(QUERIES, 5) == [[], []]


def test_it_comes_back_from_disk_as_it_was(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path / "one", "dialog")
    loaded = Index.load(tmp_path / "one", "dialog")
    assert (loaded.encoder, loaded.revision, loaded.units) == ("named", "sha256:00", UNITS)
    assert loaded.search(QUERIES, 3) == index.search(QUERIES, 3)
    np.testing.assert_array_equal(loaded.matrix, VECTORS)


def test_the_same_index_has_the_same_bytes(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path / "first", "dialog")
    Index.load(tmp_path / "first", "dialog").save(tmp_path / "second", "dialog")
    for name in ("dialog.faiss", "dialog.npy", "dialog.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_the_vectors_lie_beside_it_for_other_tools(index: Index, tmp_path: Path) -> None:
    index.save(tmp_path, "dialog")
    np.testing.assert_array_equal(np.load(tmp_path / "dialog.npy", allow_pickle=False), VECTORS)


MANY = np.random.default_rng(0).standard_normal((3_000, 16)).astype(np.float32)
MANY_UNITS = [Unit((f"D1:{n}",), 1, "Ann", f"text {n}", f"text {n}") for n in range(len(MANY))]


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
def test_an_approximate_index_finds_most_and_is_the_same_each_time(kind: str, tmp_path: Path) -> None:
    queries = MANY[:50] + 0.1
    exact = Index.build(MANY_UNITS, MANY, Named()).search(queries, 10)
    for place in ("first", "second"):
        Index.build(MANY_UNITS, MANY, Named(), kind).save(tmp_path / place, "dialog")
    first, second = (tmp_path / place / "dialog.faiss" for place in ("first", "second"))
    assert first.read_bytes() == second.read_bytes()
    loaded = Index.load(tmp_path / "first", "dialog")
    found = loaded.search(queries, 10)
    shared = [len({u.text for u in a} & {u.text for u in b}) for a, b in zip(exact, found, strict=True)]
    assert np.mean(shared) > 7
    np.testing.assert_array_equal(loaded.matrix, MANY)


@pytest.mark.parametrize("kind", ["flat", "hnsw", "ivf"])
@pytest.mark.parametrize("count", [0, 1, 4])
def test_few_units_are_all_found_in_any_index(kind: str, count: int, tmp_path: Path) -> None:
    Index.build(UNITS[:count], VECTORS[:count], Named(), kind).save(tmp_path, "dialog")
    loaded = Index.load(tmp_path, "dialog")
    assert [len(found) for found in loaded.search(QUERIES, 10)] == [count, count]
    np.testing.assert_array_equal(loaded.matrix, VECTORS[:count])


def test_vectors_must_be_as_many_as_units() -> None:
    with pytest.raises(ValueError, match="3 vectors for 4 units"):
        Index.build(UNITS, VECTORS[:3], Named())


def edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: edit(folder / "dialog.json", units=[]), "dialog.faiss: 4 vectors for 0 units; run `dvc repro"),
        (lambda folder: edit(folder / "dialog.json", units=[{"ids": []}]), "dialog.json: not the units of an index"),
        (lambda folder: (folder / "dialog.json").write_text("[]"), "dialog.json: not the units of an index; run"),
        (lambda folder: (folder / "dialog.json").unlink(), "dialog.json: no such file"),
        (lambda folder: (folder / "dialog.faiss").unlink(), "dialog.faiss: cannot be read; run `dvc repro embed`"),
        (lambda folder: (folder / "dialog.faiss").write_bytes(b"IxFI"), "dialog.faiss: cannot be read; run"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(index: Index, tmp_path: Path, damage, said: str) -> None:
    index.save(tmp_path, "dialog")
    damage(tmp_path)
    with pytest.raises(InputError) as caught:
        Index.load(tmp_path, "dialog")
    assert str(caught.value).startswith(f"{tmp_path}/{said}")
