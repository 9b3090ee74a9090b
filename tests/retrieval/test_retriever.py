"""From questions to units by name, with the encoder that made the index and threads left for the model that answers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import SAMPLE
from tiny import WordVectors, conversation

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.index import Index
from locomo.retrieval.indexes import is_index_of
from locomo.retrieval.names import RETRIEVERS
from locomo.retrieval.registry import open_retriever, retriever_over
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation

CONVERSATION = read_conversations(SAMPLE)[0].model_copy(update={"summaries": {}})
QUESTIONS = [question.question for question in CONVERSATION.questions]


@pytest.fixture(autouse=True)
def _vectors_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("index")
    encoder = open_encoder("minilm")
    for kind, units_of in UNITS.items():
        units = units_of(CONVERSATION)
        vectors = encoder.encode([unit.key for unit in units], side="passage")
        Index.build(units, vectors, encoder).save(root / CONVERSATION.sample_id, kind)
    return root


@pytest.fixture(scope="module")
def words_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `embed` writes with embed.encoder bm25."""
    root = tmp_path_factory.mktemp("words")
    encoder = open_encoder("bm25")
    units = UNITS["dialog"](CONVERSATION)
    for kind in ("flat", "hnsw"):
        vectors = encoder.encode([unit.key for unit in units], side="passage")
        Index.build(units, vectors, encoder, kind).save(root / CONVERSATION.sample_id, "dialog")
    return root


def found_share(ranked: list[list[Hit]]) -> float:
    """The share of the questions for which some evidence is among what was found."""
    found = [
        bool({dia_id for hit in hits for dia_id in hit.unit.ids} & set(question.evidence))
        for hits, question in zip(ranked, CONVERSATION.questions, strict=True)
    ]
    return sum(found) / len(found)


@pytest.mark.parametrize("name", RETRIEVERS)
@pytest.mark.parametrize("unit", ["dialog", "observation"])
def test_the_best_units_of_each_question_come_first(folder: Path, name: str, unit: str) -> None:
    ranked = open_retriever(name, folder).rank(CONVERSATION, unit, QUESTIONS, 5)
    assert [len(hits) for hits in ranked] == [5] * len(QUESTIONS)
    assert all(hits == sorted(hits, key=lambda hit: -hit.score) for hits in ranked)
    assert found_share(ranked) > 0.5


def test_hybrid_finds_more_than_its_parts(folder: Path) -> None:
    share = {
        name: found_share(open_retriever(name, folder).rank(CONVERSATION, "dialog", QUESTIONS, 5))
        for name in RETRIEVERS
    }
    assert share["hybrid"] > max(share["dense"], share["bm25"])


@pytest.mark.parametrize("name", RETRIEVERS)
def test_a_question_alone_is_ranked_as_among_others(folder: Path, name: str) -> None:
    retriever = open_retriever(name, folder)
    together = retriever.rank(CONVERSATION, "dialog", QUESTIONS, 10)[3]
    (alone,) = retriever.rank(CONVERSATION, "dialog", QUESTIONS[3:4], 10)
    assert [hit.unit for hit in alone] == [hit.unit for hit in together]
    np.testing.assert_allclose([hit.score for hit in alone], [hit.score for hit in together], atol=1e-3)


@pytest.mark.parametrize("name", ["bm25", "dense"])
def test_equals_come_in_reading_order_and_a_k_beyond_what_there_is_gives_all(name: str) -> None:
    same = [
        turn.model_copy(update={"speaker": "Ann", "text": "dog", "blip_caption": None}) for turn in conversation().turns
    ]
    session = conversation().sessions[0].model_copy(update={"turns": same})
    alike = conversation(sessions=[session], observations=[], summaries={})
    (hits,) = retriever_over(name, WordVectors()).rank(alike, "dialog", ["dog"], 50)
    assert [hit.unit.ids[0] for hit in hits] == ["D1:1", "D1:2", "D1:3", "D2:1", "D2:2"]


def test_another_conversation_is_not_taken_for_the_last_one() -> None:
    retriever = retriever_over("hybrid", WordVectors())
    first, second = conversation(), conversation(sessions=conversation().sessions[1:])
    assert len(retriever.rank(first, "dialog", ["dog"], 9)[0]) == 5
    assert len(retriever.rank(second, "dialog", ["dog"], 9)[0]) == 2
    assert retriever.rank(second, "dialog", [], 9) == []


def test_pytorch_is_left_with_one_thread(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("LOCOMO_THREADS", "2")
    torch.set_num_threads(2)
    open_retriever("hybrid", folder).rank(CONVERSATION, "observation", QUESTIONS[:1], 1)
    assert torch.get_num_threads() == 1


def test_a_unit_that_a_conversation_lacks(folder: Path) -> None:
    with pytest.raises(InputError, match=r"^params\.yaml: rag\.units: sample-1 has no unit 'summary'; leave it out$"):
        open_retriever("hybrid", folder).rank(CONVERSATION, "summary", QUESTIONS, 5)


def test_an_unknown_retriever_is_refused_with_the_one_that_was_meant(folder: Path) -> None:
    with pytest.raises(InputError, match=r"retriever 'bm-25': expected one of dense, .*; did you mean 'bm25'\?"):
        open_retriever("bm-25", folder)


def changed(conversation: Conversation) -> Conversation:
    first, *others = conversation.sessions
    turns = [first.turns[0].model_copy(update={"text": "Something else."}), *first.turns[1:]]
    return conversation.model_copy(update={"sessions": [first.model_copy(update={"turns": turns}), *others]})


def test_an_index_of_another_text_is_refused(folder: Path) -> None:
    other = changed(CONVERSATION)
    assert is_index_of(folder, [CONVERSATION], UNITS)
    assert not is_index_of(folder, [other], UNITS)
    assert not is_index_of(folder / "nowhere", [CONVERSATION], UNITS)
    with pytest.raises(
        InputError, match=r"not of the dialog units of sample-1 as they are now; run `dvc repro embed`$"
    ):
        open_retriever("dense", folder).rank(other, "dialog", QUESTIONS, 5)


def test_an_index_of_another_revision_is_refused(folder: Path) -> None:
    path = folder / CONVERSATION.sample_id / "observation.json"
    before = path.read_text(encoding="utf-8")
    path.write_text(json.dumps(json.loads(before) | {"revision": "sha256:old"}), encoding="utf-8")
    try:
        with pytest.raises(
            InputError, match=r"made by minilm sha256:old, here it is sha256:.*; run `dvc repro --force embed`$"
        ):
            open_retriever("dense", folder).rank(CONVERSATION, "observation", QUESTIONS, 5)
    finally:
        path.write_text(before, encoding="utf-8")


def test_with_bm25_as_encoder_no_model_is_opened_and_dense_is_bm25(folder, words_alone, monkeypatch) -> None:
    bm25 = open_retriever("bm25", folder).rank(CONVERSATION, "dialog", QUESTIONS, 5)
    monkeypatch.setattr("locomo.retrieval.encoder.open_transformer", None)
    assert open_retriever("dense", words_alone).rank(CONVERSATION, "dialog", QUESTIONS, 5) == bm25
    hybrid = open_retriever("hybrid", words_alone).rank(CONVERSATION, "dialog", QUESTIONS, 5)
    assert found_share(hybrid) >= found_share(bm25)


def test_a_question_is_encoded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_retriever("hybrid", folder).rank(CONVERSATION, "dialog", QUESTIONS[:5], 5)

    def never(self, texts, *, side):
        raise AssertionError(f"computed: {texts}")

    monkeypatch.setattr("locomo.retrieval.transformer.TransformerEncoder.encode", never)
    again = open_retriever("hybrid", folder).rank(CONVERSATION, "dialog", QUESTIONS[:5][::-1], 5)[::-1]
    assert [[hit.unit for hit in hits] for hits in again] == [[hit.unit for hit in hits] for hits in first]
    for hits, others in zip(again, first, strict=True):  # the last bit depends on a question's place in the product
        assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in others])
