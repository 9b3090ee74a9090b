"""BLEU-1, as memory systems report it beside token-set F1."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def bleu_1(prediction: str, gold: str) -> float:
    """Return BLEU with unigrams alone (Papineni et al. 2002) of a prediction: clipped precision × brevity penalty.

    By NLTK with its smoothing method 1, on lower-cased Treebank tokens, as A-Mem and Mem0 compute it. Texts are not
    split into sentences before (NLTK's splitter needs a download): a full stop inside of an answer stays with its word.
    """
    # The original passes weights (1, 0, 0, 0): the same number, with the longer n-grams counted for nothing.
    return bleu_of(word_tokens(prediction), word_tokens(gold), (1.0,))


def bleu_of(predicted: list[str], expected: list[str], weights: tuple[float, ...]) -> float:
    """Return BLEU of tokens by NLTK with its smoothing method 1, a weight for each length of n-grams; 0 without any."""
    if not predicted or not expected:
        return 0.0
    sentence_bleu, smoothing = _nltk()
    return float(sentence_bleu([expected], predicted, weights=weights, smoothing_function=smoothing))


@lru_cache(maxsize=4096)
def word_tokens(text: str) -> list[str]:
    """Return the Treebank tokens of a text in lower case."""
    return [str(token) for token in _tokenizer().tokenize(text.lower())]


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from nltk.tokenize import NLTKWordTokenizer

    return NLTKWordTokenizer()


@lru_cache(maxsize=1)
def _nltk() -> tuple[Any, Any]:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    return sentence_bleu, SmoothingFunction().method1
