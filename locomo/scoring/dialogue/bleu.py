"""BLEU-1 and BLEU-2 over words and over characters.

The paper does not name its tokens. A BLEU-1 of 56 between free turns is what characters give, far above that of words.
"""

from __future__ import annotations

from typing import Final

from locomo.scoring.bleu import bleu_of, word_tokens

WEIGHTS: Final = {1: (1.0,), 2: (0.5, 0.5)}


def bleus(prediction: str, gold: str) -> dict[str, float]:
    """Return `bleu_1` and `bleu_2` over NLTK's words in lower case, and `bleu_1_characters` and `bleu_2_characters`.

    BLEU-n is the brevity penalty × the geometric mean of the clipped precisions of n-grams up to n (Papineni et al.
    2002), by NLTK with its smoothing method 1. Characters are those of the text in lower case with single spaces.
    """
    found = {}
    sides = {"": (word_tokens(prediction), word_tokens(gold)), "_characters": (_signs(prediction), _signs(gold))}
    for suffix, (predicted, expected) in sides.items():
        for number, weights in WEIGHTS.items():
            found[f"bleu_{number}{suffix}"] = bleu_of(predicted, expected, weights)
    return found


def _signs(text: str) -> list[str]:
    return list(" ".join(text.lower().split()))
