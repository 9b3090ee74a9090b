"""The embedded encoder gives the vectors of the plain textbook computation, whatever is computed beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.models import embedded
from locomo.retrieval import transformer
from locomo.retrieval.encoder import Encoder, open_encoder

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "raw" / "sample.json"


@pytest.fixture(scope="module")
def minilm() -> Encoder:
    return open_encoder("minilm")


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Short, long, empty and cut texts."""
    turns = [turn.text for turn in read_conversations(SAMPLE)[0].turns][:40]
    return [*turns, "", "bee", " ".join(turns)]


def one_at_a_time(texts: list[str]) -> np.ndarray:
    """Mean of the last hidden states, at unit length."""
    tokenizer = AutoTokenizer.from_pretrained(embedded.minilm())
    model = AutoModel.from_pretrained(embedded.minilm()).eval()
    vectors = []
    for text in texts:
        with torch.no_grad():
            states = model(**tokenizer(text, truncation=True, max_length=256, return_tensors="pt")).last_hidden_state
        mean = states[0].mean(dim=0)
        vectors.append((mean / mean.norm()).numpy())
    return np.stack(vectors)


def test_vectors_are_those_of_a_plain_reference(minilm: Encoder, texts: list[str]) -> None:
    vectors = minilm.encode(texts, side="passage")
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), 384)
    np.testing.assert_allclose(vectors, one_at_a_time(texts), atol=1e-5)


def test_no_bit_depends_on_order_blocks_threads_or_company(minilm, texts, monkeypatch) -> None:
    vectors = minilm.encode(texts, side="passage")
    np.testing.assert_array_equal(minilm.encode(texts[::-1], side="query")[::-1], vectors)
    np.testing.assert_array_equal(open_encoder("minilm", threads=3).encode(texts, side="passage"), vectors)
    alone = np.concatenate([minilm.encode([text], side="passage") for text in texts])
    np.testing.assert_array_equal(alone, vectors)
    twins = minilm.encode([text for text in texts for _ in range(7)], side="passage")  # more rows in each block
    np.testing.assert_array_equal(twins[::7], vectors)
    monkeypatch.setattr(transformer, "TOKENS_PER_BLOCK", 4096)
    np.testing.assert_array_equal(minilm.encode(texts * 5, side="passage")[: len(texts)], vectors)


def test_a_paraphrase_is_nearer_than_another_subject(minilm: Encoder) -> None:
    a, b, c = minilm.encode(["Ruth keeps bees.", "Ruth is a beekeeper.", "The ferry leaves at nine."], side="passage")
    assert a @ b > 0.7
    assert a @ c < 0.3


def test_no_texts_give_no_vectors(minilm: Encoder) -> None:
    assert minilm.encode([], side="query").shape == (0, 384)


@pytest.mark.parametrize(
    ("name", "hint"), [("mini-lm", "; did you mean 'minilm'?"), ("openai/", ""), ("hf/", ""), ("cohere/embed", "")]
)
def test_an_unknown_encoder_is_refused_with_the_one_that_was_meant(name: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        open_encoder(name)
    assert str(caught.value) == (
        f"encoder '{name}': expected one of minilm, contriever, dragon, dpr, bm25, openai/<model>, "
        f"service/<model>, hf/<folder or hub id>{hint}"
    )
