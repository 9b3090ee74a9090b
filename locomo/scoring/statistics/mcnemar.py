"""McNemar's test for metrics that say yes or no."""

from __future__ import annotations

from collections.abc import Sequence


def mcnemar(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return the exact two-sided p of paired yes/no values; None where a value is neither 0 nor 1.

    Of the questions that only one run got right, each is as likely to be either's if they are equally good: a binomial
    test with p = 1/2 (McNemar 1947). It takes questions as independent, which those of a conversation are not: read it
    beside the sign-flip test, not instead of it.
    """
    from scipy.stats import binomtest

    if not {*before, *after} <= {0.0, 1.0}:
        return None
    gained = sum(b < a for b, a in zip(before, after, strict=True))
    lost = sum(b > a for b, a in zip(before, after, strict=True))
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
