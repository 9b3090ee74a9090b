"""Embeddings for other tools: the original's pickles. Databases are in test_vector_stores.py."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.export import write_pickles
from locomo.retrieval.index import Index
from locomo.retrieval.units import UNITS

CONVERSATIONS = read_conversations(SAMPLE)[:2]


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
