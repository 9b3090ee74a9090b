"""What an answer would score without the words around it."""

from __future__ import annotations

from collections import Counter

from locomo.scoring.f1 import stems


def best_span_f1(prediction: str, gold: str) -> float:
    """Return the largest F1 over stems (as `multiset_f1`) that a run of words in the prediction has; 0 without overlap.

    The best run begins and ends with a stem of the gold answer, so only those are tried.
    """
    said, expected = stems(prediction), Counter(stems(gold))
    size = expected.total()
    hits = [place for place, stem in enumerate(said) if stem in expected]
    best = 0.0
    for index, first in enumerate(hits):
        left, same = expected.copy(), 0
        for last in hits[index:]:
            if left[said[last]] > 0:
                left[said[last]] -= 1
                same += 1
            best = max(best, 2 * same / (last - first + 1 + size))
        if same == size and last - first + 1 == size:
            break  # nothing is better than 1
    return best
