"""Embeddings for other tools: the original's pickles, and vector databases that are really there."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.export import fill_store, write_pickles
from locomo.retrieval.index import Index
from locomo.retrieval.units import UNITS
from locomo.retrieval.vector_store import STORES, open_store

CONVERSATIONS = read_conversations(SAMPLE)[:2]
PATHS = {"qdrant": "store", "milvus": "store.db"}


class Named:
    name = "named"
    revision = "sha256:00"


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random vectors of the units of two conversations, one of them without observations."""
    root = tmp_path_factory.mktemp("indexes")
    random = np.random.default_rng(0)
    for conversation in CONVERSATIONS:
        for name, units_of in UNITS.items():
            units = [] if (name, conversation) == ("observation", CONVERSATIONS[1]) else units_of(conversation)
            vectors = random.standard_normal((len(units), 8)).astype(np.float32)
            Index.build(units, vectors, Named()).save(root / conversation.sample_id, name)
    return root


def test_pickles_have_the_names_and_the_shape_of_the_original(indexes: Path, tmp_path: Path) -> None:
    assert write_pickles(tmp_path / "out", "sample", CONVERSATIONS, indexes, list(UNITS)) == 5
    first, second = (conversation.sample_id for conversation in CONVERSATIONS)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *(f"sample_{kind}_{first}.pkl" for kind in ("dialog", "observation", "session_summary")),
        *(f"sample_{kind}_{second}.pkl" for kind in ("dialog", "session_summary")),
    }
    database = pickle.loads((tmp_path / "out" / f"sample_dialog_{first}.pkl").read_bytes())  # noqa: S301
    session = CONVERSATIONS[0].sessions[0]
    assert list(database) == ["embeddings", "date_time", "dia_id", "context"]
    assert database["embeddings"].shape == (len(list(CONVERSATIONS[0].turns)), 8)
    np.testing.assert_array_equal(database["embeddings"], Index.load(indexes / first, "dialog").matrix)
    assert database["date_time"][0] == session.date_time
    assert database["dia_id"][:2] == ["D1:1", "D1:2"]
    assert database["context"][0] == f"{session.turns[0].speaker}: {session.turns[0].text_with_caption}"
    summaries = pickle.loads((tmp_path / "out" / f"sample_session_summary_{first}.pkl").read_bytes())  # noqa: S301
    assert summaries["dia_id"][0] == "S1"


def test_a_place_that_cannot_be_written(indexes: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file: cannot be written \("):
        write_pickles(tmp_path / "file", "sample", CONVERSATIONS, indexes, ["dialog"])


@pytest.mark.parametrize("name", STORES)
def test_a_database_finds_what_the_index_finds(name: str, indexes: Path, tmp_path: Path) -> None:
    pytest.importorskip(STORES[name][1])
    ids = [conversation.sample_id for conversation in CONVERSATIONS]
    units = sum(len(Index.load(indexes / sample_id, unit).units) for sample_id in ids for unit in UNITS)
    path = tmp_path / PATHS[name]
    for _ in range(2):  # the second time over what is there
        store = open_store(name, path, 8)
        assert fill_store(store, ids, indexes, list(UNITS)) == units
        store.close()
    store = open_store(name, path, 8)
    try:
        assert store.count() == units
        queries = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
        matrix, names = [], []
        for sample_id in ids:
            for unit in UNITS:
                index = Index.load(indexes / sample_id, unit)
                names += [f"{sample_id}/{unit}/{number}" for number in range(len(index.units))]
                matrix.append(index.matrix)
        products = queries @ np.concatenate(matrix).T
        for row, found in zip(products, store.search(queries, 7), strict=True):
            best = np.argsort(-row)[:7]
            assert [name for name, _ in found] == [names[place] for place in best]
            np.testing.assert_allclose([product for _, product in found], row[best], rtol=1e-4)
    finally:
        store.close()
    with pytest.raises(InputError, match=r"holds vectors of 8 numbers, these have 9; take another (file|folder)$"):
        open_store(name, path, 9)


def test_stores_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"store 'qdrnat': expected one of qdrant, milvus; did you mean 'qdrant'\?"):
        open_store("qdrnat", tmp_path, 8)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"store 'milvus': its library is not here: pip install 'pymilvus\[milvus-lite\]'"
    ):
        open_store("milvus", tmp_path, 8)
