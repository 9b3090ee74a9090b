"""From questions to units, with the encoder that made the index, and threads left for the model that answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.index import Index
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.units import UNITS

CONVERSATION = read_conversations(SAMPLE)[0]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("index")
    encoder = open_encoder("minilm")
    units = UNITS["observation"](CONVERSATION)
    vectors = encoder.encode([unit.key for unit in units], side="passage")
    Index.build(units, vectors, encoder).save(root / CONVERSATION.sample_id, "observation")
    Index.build([], vectors[:0], encoder).save(root / CONVERSATION.sample_id, "summary")
    return root


def test_the_best_units_of_each_question_come_first(folder: Path) -> None:
    ranked = Retriever(folder).rank(CONVERSATION, "observation", 5)
    assert [len(units) for units in ranked] == [5] * len(CONVERSATION.questions)
    found = [
        bool({dia_id for unit in units for dia_id in unit.ids} & set(question.evidence))
        for units, question in zip(ranked, CONVERSATION.questions, strict=True)
    ]
    assert sum(found) > 0.7 * len(found)


def test_pytorch_is_left_with_one_thread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("LOCOMO_THREADS", "2")
    torch.set_num_threads(2)
    Retriever(folder).rank(CONVERSATION, "observation", 1)
    assert torch.get_num_threads() == 1


def test_a_unit_that_a_conversation_lacks(folder: Path) -> None:
    with pytest.raises(InputError, match=r"^params\.yaml: rag\.units: sample-1 has no unit 'summary'; leave it out$"):
        Retriever(folder).rank(CONVERSATION, "summary", 5)


def test_an_index_of_another_revision_is_refused(folder: Path) -> None:
    path = folder / CONVERSATION.sample_id / "observation.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(about | {"revision": "sha256:old"}), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"made by minilm sha256:old, here it is sha256:.*; run `dvc repro --force embed`$"
    ):
        Retriever(folder).rank(CONVERSATION, "observation", 5)
