"""Token-set F1: what several memory systems report under the name of F1."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_SEPARATORS: Final = str.maketrans(dict.fromkeys(".,!?", " "))


def token_set_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of the *sets* of words, lower-cased and not stemmed.

    Full stops, commas, question and exclamation marks separate words; nothing else is removed. 0 without overlap.
    As A-Mem (arXiv 2502.12110) and Mem0 (arXiv 2504.19413) compute it; the paper's F1 counts stems with repetition.
    """
    predicted, expected = _words(prediction), _words(gold)
    same = len(predicted & expected)
    return 2 * same / (len(predicted) + len(expected)) if same else 0.0


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().translate(_SEPARATORS).split())
