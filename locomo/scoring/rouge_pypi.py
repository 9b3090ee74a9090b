"""ROUGE by the package `rouge` of PyPI, which the paper used: its values are not those of `rouge-score`.

It does not stem, counts each n-gram once, splits sentences at every full stop, and takes ROUGE-L over the union of the
common subsequences of sentences.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

NAMES = {"rouge-1": "rouge_1_pypi", "rouge-2": "rouge_2_pypi", "rouge-l": "rouge_l_pypi"}
"""The package's name of a metric to ours."""


def rouge_pypi(pairs: Sequence[tuple[str, str]]) -> list[dict[str, float]]:
    """Return {'rouge_1_pypi', 'rouge_2_pypi', 'rouge_l_pypi'} F of (prediction, gold) pairs, as the package has it.

    0 where either text has no word, of which the package makes an error.
    """
    from rouge import Rouge

    scorer = Rouge()
    found = []
    for prediction, gold in pairs:
        if not (_says(prediction) and _says(gold)):
            found.append(dict.fromkeys(NAMES.values(), 0.0))
            continue
        with _deep(len(prediction.split()) + len(gold.split())):
            (scores,) = scorer.get_scores(prediction, gold)
        found.append({name: float(scores[its]["f"]) for its, name in NAMES.items()})
    return found


def _says(text: str) -> bool:
    return bool(text.replace(".", "").strip())


@contextmanager
def _deep(words: int) -> Iterator[None]:
    """Let the package recurse once a word: it walks back through the longest common subsequence so."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, limit + words))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
