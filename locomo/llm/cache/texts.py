"""Comparing texts, long ones too: by halving, since comparing slices is quicker than a loop over characters."""

from __future__ import annotations

from collections.abc import Callable


def same_start(old: str, new: str) -> int:
    """Return the length of the beginning that two texts share."""
    return _longest(min(len(old), len(new)), lambda low, high: old[low:high] == new[low:high])


def same_end(old: str, new: str) -> int:
    """Return the length of the end that two texts share."""
    a, b = len(old), len(new)
    return _longest(min(a, b), lambda low, high: old[a - high : a - low] == new[b - high : b - low])


def _longest(limit: int, equal: Callable[[int, int], bool]) -> int:
    """The largest length up to a limit that is equal, where `equal` compares what lies between two lengths."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if equal(low, middle):
            low = middle
        else:
            high = middle - 1
    return low
