"""BM25 against its formula, written out."""

from __future__ import annotations

import math

import numpy as np

from locomo.retrieval.bm25 import Bm25

TEXTS = ["The dogs were painting", "A dog and a cat: dog!", "boats", ""]
WORDS = [["dog", "were", "paint"], ["dog", "cat", "dog"], ["boat"], []]
"""Stems without stop words."""


def plain(query: list[str]) -> list[float]:
    """Robertson's formula with Lucene's idf: k1 = 0.9, b = 0.4."""
    mean = sum(map(len, WORDS)) / len(WORDS)
    scores = []
    for words in WORDS:
        score = 0.0
        for word in query:
            holders = sum(word in other for other in WORDS)
            if holders:
                idf = math.log(1 + (len(WORDS) - holders + 0.5) / (holders + 0.5))
                count = words.count(word)
                score += idf * count / (count + 0.9 * (1 - 0.4 + 0.4 * len(words) / mean))
        scores.append(score)
    return scores


def test_scores_are_those_of_the_formula() -> None:
    found = Bm25(TEXTS).scores(["Painted dogs?", "cats in boats", "dog dog"])
    np.testing.assert_allclose(
        found, [plain(["paint", "dog"]), plain(["cat", "boat"]), plain(["dog", "dog"])], rtol=1e-5
    )


def test_words_that_no_text_has() -> None:
    assert Bm25(TEXTS).scores(["zebra", "", "the a of"]).tolist() == [[0.0] * 4] * 3


def test_texts_without_words() -> None:
    assert Bm25(["", "the"]).scores(["dog"]).tolist() == [[0.0, 0.0]]
    assert Bm25([]).scores(["dog"]).shape == (1, 0)
