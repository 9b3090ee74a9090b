"""Whether an answer to a question of yes or no says yes or no."""

from __future__ import annotations

from typing import Final, Literal

from locomo.scoring.free_words import FREE
from locomo.scoring.normalise import CLAUSE, NEGATIONS, clauses, normalise

Polarity = Literal["yes", "no"]
_ASKING: Final = frozenset(
    [
        "would",
        "is",
        "are",
        "was",
        "were",
        "does",
        "do",
        "did",
        "could",
        "can",
        "will",
        "has",
        "have",
        "had",
        "should",
        "might",
        "may",
        "am",
    ]
)
_HEDGES: Final = frozenset(
    [
        "likely",
        "most",
        "very",
        "probably",
        "perhaps",
        "maybe",
        "possibly",
        "presumably",
        "somewhat",
        "it",
        "is",
        "would",
        "be",
    ]
)
_YES: Final = frozenset(("yes", "yeah", "yep"))
_NO: Final = frozenset(("no", "not", "unlikely", "nope"))


def spoken(text: str) -> Polarity | None:
    """Return what a text says at its beginning in one word, hedged or not: "Yes", "Likely no", "Probably not, ..."."""
    first: Polarity | None = None
    for word in clauses(text):
        if word in _YES or word in _NO:
            if first is not None:
                return None
            first = "yes" if word in _YES else "no"
        elif word == CLAUSE:
            if first is not None:
                return first
        elif word not in _HEDGES:
            return None if first is None else _goes_on(word, first)
    return first


def _goes_on(word: str, first: Polarity) -> Polarity | None:
    """Yes and no may be followed by a statement without a comma, but "not happy" and "no sugar" are no answers."""
    return first if word in {"he", "she", "they", "i", "because", "since", "as"} else None


def polarity(text: str, question: str) -> Polarity | None:
    """Return what an answer says to a question of yes or no, in one word or by stating or denying what was asked.

    None where the question is another one, or the answer does not take it up.
    """
    if (said := spoken(text)) is not None:
        return said
    asked = normalise(question).split()
    if not asked or asked[0] not in _ASKING:
        return None
    words = normalise(text).split()
    stated = set(words) - FREE - NEGATIONS
    if not stated & set(asked) and not (set(words) & {"would", "does", "is", "did"} and len(words) <= 4):
        return None
    return "no" if NEGATIONS & set(words) or "unlikely" in words else "yes"
