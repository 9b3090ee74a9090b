"""The embedded encoder gives the vectors of the plain textbook computation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from locomo import weights
from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.retrieval import encoder
from locomo.retrieval.encoder import MiniLM, open_encoder

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json"


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Short, long, empty and cut texts."""
    turns = [turn.text for turn in read_conversations(SAMPLE)[0].turns][:40]
    return [*turns, "", "bee", " ".join(turns)]


def one_at_a_time(texts: list[str]) -> np.ndarray:
    """Mean of the last hidden states, at unit length."""
    tokenizer = AutoTokenizer.from_pretrained(weights.minilm())
    model = AutoModel.from_pretrained(weights.minilm()).eval()
    vectors = []
    for text in texts:
        with torch.no_grad():
            states = model(**tokenizer(text, truncation=True, max_length=256, return_tensors="pt")).last_hidden_state
        mean = states[0].mean(dim=0)
        vectors.append((mean / mean.norm()).numpy())
    return np.stack(vectors)


def test_vectors_are_those_of_a_plain_reference(minilm: MiniLM, texts: list[str]) -> None:
    vectors = minilm.encode(texts, side="passage")
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), 384)
    np.testing.assert_allclose(vectors, one_at_a_time(texts), atol=1e-5)


def test_neither_the_order_nor_the_batches_nor_the_side_matter(minilm, texts, monkeypatch) -> None:
    some = texts[:30]
    vectors = minilm.encode(some, side="passage")
    monkeypatch.setattr(encoder, "TOKENS_PER_BATCH", 64)
    np.testing.assert_allclose(minilm.encode(some[::-1], side="query")[::-1], vectors, atol=1e-5)


def test_a_paraphrase_is_nearer_than_another_subject(minilm: MiniLM) -> None:
    a, b, c = minilm.encode(["Ruth keeps bees.", "Ruth is a beekeeper.", "The ferry leaves at nine."], side="passage")
    assert a @ b > 0.7
    assert a @ c < 0.3


def test_no_texts_give_no_vectors(minilm: MiniLM) -> None:
    assert minilm.encode([], side="query").shape == (0, 384)


def test_an_unknown_encoder_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match=r"encoder 'mini-lm': expected one of minilm; did you mean 'minilm'\?"):
        open_encoder("mini-lm")
