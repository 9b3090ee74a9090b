"""Rerankers: the best of a ranking in another order, by a cross-encoder that is tiny here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import Project
from tiny_encoders import save_encoder

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval.reranker import CrossEncoder, Reranking
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS

CONVERSATION = read_conversations(Path(__file__).resolve().parents[2] / "data/raw/sample.json")[0]
QUESTIONS = ["Who keeps bees?", "Where does Ivo work at night?"]


class InOrder:
    """Ranks units as they are read."""

    def rank(self, conversation, unit, questions, k):
        hits = [Hit(each, -float(rank)) for rank, each in enumerate(UNITS[unit](conversation))]
        return [hits[:k] for _ in questions]


class Backwards:
    def order(self, questions, ranked):
        return [list(reversed(hits)) for hits in ranked]


def test_the_best_are_put_into_another_order_and_the_others_follow() -> None:
    texts = [unit.text for unit in UNITS["dialog"](CONVERSATION)]
    for k, expected in ((2, [2, 1]), (5, [2, 1, 0, 3, 4])):
        for hits in Reranking(InOrder(), Backwards(), 3).rank(CONVERSATION, "dialog", QUESTIONS, k):
            assert [texts.index(hit.unit.text) for hit in hits] == expected
            scores = [hit.score for hit in hits]
            assert scores == sorted(scores, reverse=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    return save_encoder(path, "BertForSequenceClassification", num_labels=1, max_position_embeddings=512)


def test_a_cross_encoder_scores_as_it_would_one_pair_at_a_time(folder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    pairs = [(question, unit.key) for question in QUESTIONS for unit in UNITS["observation"](CONVERSATION)]
    with torch.inference_mode():
        alone = [
            model(**tokenizer(*pair, truncation=True, max_length=512, return_tensors="pt")).logits.item()
            for pair in pairs
        ]
    found = CrossEncoder(f"hf/{folder}").scores(pairs)
    assert found == pytest.approx(alone, abs=1e-5)
    assert len({round(score, 4) for score in found}) > 10

    ranked = InOrder().rank(CONVERSATION, "observation", QUESTIONS, 100)
    for number, hits in enumerate(CrossEncoder(f"hf/{folder}").order(QUESTIONS, ranked)):
        own = alone[number * len(hits) : (number + 1) * len(hits)]
        best = [ranked[number][place].unit for place in sorted(range(len(own)), key=lambda place: -own[place])]
        assert [hit.unit for hit in hits][:5] == best[:5]
        assert len(hits) == len(ranked[number])


def test_what_is_no_cross_encoder_is_refused(tmp_path: Path) -> None:
    encoder = save_encoder(tmp_path / "encoder")
    with pytest.raises(InputError, match="is no cross-encoder"):
        CrossEncoder(f"hf/{encoder}")
    with pytest.raises(InputError, match="not a folder with a model"):
        CrossEncoder("hf/nobody/nothing-here")


def test_it_is_a_knob_of_rag(folder: Path, project: Project) -> None:
    def shown() -> list[list[str]]:
        lines = project.path("data/predictions/rag.jsonl").read_text().splitlines()
        return [json.loads(line)["context_ids"] for line in lines]

    before = shown()
    project.edit("params.yaml", "reranker: null", f"reranker: hf/{folder}")
    project.must(sys.executable, "stages/rag.py")
    assert len(before) == len(shown())
    assert before != shown()
    project.edit("params.yaml", f"reranker: hf/{folder}", "reranker: best")
    code, output = project.run(sys.executable, "stages/rag.py")
    assert code == 2
    assert "rag.reranker: found 'best'" in output
