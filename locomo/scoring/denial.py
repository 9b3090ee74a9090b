"""Whether one of two texts denies what the other one says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from locomo.scoring.f1 import stem
from locomo.scoring.normalise import CLAUSE, NEGATIONS, clauses

_BETWEEN: Final = frozenset(("be", "been", "being", "really", "very", "so", "too", "that"))
"""Words that may stand between a negation and what it negates."""
_ENDS: Final = frozenset((CLAUSE, "but"))
"""What ends the reach of a negation."""


@dataclass(frozen=True, slots=True)
class _Claims:
    stated: frozenset[str]
    negated: frozenset[str]


def denies(one: str, other: str) -> bool:
    """Whether a word that a text negates is stated by the other one."""
    first, second = _claims(one), _claims(other)
    return not (first.negated.isdisjoint(second.stated) and second.negated.isdisjoint(first.stated))


@lru_cache(maxsize=65536)
def _claims(text: str) -> _Claims:
    """Return the stems of a text: those within the reach of no negation, and the first one after each negation."""
    words = clauses(text)
    if NEGATIONS.isdisjoint(words):
        return _Claims(frozenset(map(stem, words)), frozenset())
    stated, negated = set(), set()
    within = wanted = False
    for word in words:
        if word in _ENDS:
            within = wanted = False
        elif word in NEGATIONS:
            within = wanted = True
        elif not within:
            stated.add(stem(word))
        elif wanted and word not in _BETWEEN:
            negated.add(stem(word))
            wanted = False
    return _Claims(frozenset(stated), frozenset(negated))
