"""How far raters agree beyond chance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence


def cohen_kappa(one: Sequence[Hashable], other: Sequence[Hashable]) -> float | None:
    """Return Cohen's kappa of two raters of the same items: (observed - expected) / (1 - expected) agreement.

    None without items, or where both give every item the same rating: nothing can then be told from chance. Source:
    Cohen 1960, "A coefficient of agreement for nominal scales".
    """
    pairs = list(zip(one, other, strict=True))
    if not pairs:
        return None
    observed = sum(a == b for a, b in pairs) / len(pairs)
    first, second = Counter(one), Counter(other)
    expected = sum(first[rating] * second[rating] for rating in first) / len(pairs) ** 2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def fleiss_kappa(ratings: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Fleiss' kappa of items that are each rated by the same number of raters: `ratings[item][rater]`.

    None with fewer than two raters, without items, or where all ratings are the same. Source: Fleiss 1971, "Measuring
    nominal scale agreement among many raters".
    """
    if not ratings or len(ratings[0]) < 2:
        return None
    raters = len(ratings[0])
    if any(len(item) != raters for item in ratings):
        raise ValueError("every item needs as many ratings")
    total: Counter[Hashable] = Counter()
    observed = 0.0
    for item in ratings:
        counts = Counter(item)
        total.update(counts)
        observed += (sum(count * count for count in counts.values()) - raters) / (raters * (raters - 1))
    observed /= len(ratings)
    expected = sum((count / (len(ratings) * raters)) ** 2 for count in total.values())
    return None if expected == 1 else (observed - expected) / (1 - expected)
