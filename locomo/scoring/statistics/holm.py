"""Holm's correction: what p is worth when several questions were asked of the same data."""

from __future__ import annotations

from collections.abc import Sequence


def holm(ps: Sequence[float]) -> list[float]:
    """Return adjusted p-values, in the order given (Holm 1979): the chance of any false alarm stays below the level."""
    adjusted = [0.0] * len(ps)
    highest = 0.0
    for rank, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        highest = max(highest, min(1.0, (len(ps) - rank) * ps[i]))
        adjusted[i] = highest
    return adjusted


def holm_levels(ps: Sequence[float], alpha: float) -> list[float]:
    """Return the level at which each hypothesis is tested, in the order given: alpha/m for the smallest p, then
    alpha/(m−1), and so on. An interval at 1 − level is the one that goes with the adjusted p.
    """
    levels = [0.0] * len(ps)
    for rank, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        levels[i] = alpha / (len(ps) - rank)
    return levels
