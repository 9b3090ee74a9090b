"""BLEU-1, as memory systems report it beside token-set F1."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


def bleu_1(prediction: str, gold: str) -> float:
    """Return BLEU with unigrams alone (Papineni et al. 2002) of a prediction: clipped precision × brevity penalty.

    By NLTK with its smoothing method 1, on lower-cased Treebank tokens, as A-Mem and Mem0 compute it. Texts are not
    split into sentences before (NLTK's splitter needs a download): a full stop inside of an answer stays with its word.
    """
    predicted, expected = _tokens(prediction), _tokens(gold)
    if not predicted or not expected:
        return 0.0
    sentence_bleu, smoothing = _nltk()
    # The original passes weights (1, 0, 0, 0): the same number, with the longer n-grams counted for nothing.
    return float(sentence_bleu([expected], predicted, weights=(1.0,), smoothing_function=smoothing))


@lru_cache(maxsize=65536)
def _tokens(text: str) -> list[str]:
    return [str(token) for token in _tokenizer().tokenize(text.lower())]


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from nltk.tokenize import NLTKWordTokenizer

    return NLTKWordTokenizer()


@lru_cache(maxsize=1)
def _nltk() -> tuple[Any, Any]:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    return sentence_bleu, SmoothingFunction().method1
