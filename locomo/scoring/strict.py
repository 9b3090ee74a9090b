"""The answer score of protocol `strict`: F1 over stems of normalised texts, by a rule that punishes naming too much."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final

from locomo.schema import Question
from locomo.scoring.dates import as_exact_as, one_spelling
from locomo.scoring.f1 import gold_text, stem
from locomo.scoring.normalise import CLAUSE, NEGATIONS, clauses, normalise
from locomo.scoring.refusal import refuses

_PARTS: Final = re.compile(r"[,;\n]|\s(?:and|&|or)\s")
_BETWEEN: Final = frozenset(("be", "been", "being", "really", "very", "so", "too", "that"))
"""Words that may stand between a negation and what it negates."""


def strict_score(question: Question, prediction: str) -> float:
    """Return the score in [0, 1] of an answer to a question that was put without options.

    Category 1 compares lists (see `symmetric_list_f1`), category 5 is right if the answer refuses, all others are one
    text each; category 3 is compared with the gold before the first ';', as in the paper.
    """
    gold = gold_text(question)
    if gold is None:
        return float(refuses(prediction))
    return symmetric_list_f1(prediction, gold) if question.category == 1 else normalised_f1(prediction, gold)


def normalised_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of the stems of both normalised texts, counted with repetition.

    A date of the prediction that lies in one of the gold counts as that one. 0 where one of the two denies what the
    other one says: "not happy" and "happy".
    """
    if _denies(prediction, gold):
        return 0.0
    expected = _stems(gold)
    predicted = [_fitted(word, expected) for word in _stems(prediction)]
    same = sum((Counter(predicted) & Counter(expected)).values())
    return 2 * same / (len(predicted) + len(expected)) if same else 0.0


def symmetric_list_f1(prediction: str, gold: str) -> float:
    """Return F1 over the parts of two lists, each part of one being set against at most one part of the other.

    Parts are paired so that the sum of their F1 is largest (Kuhn 1955); precision is that sum by the number of
    predicted parts, recall by the number of gold parts: what is named beyond the gold costs precision.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    predicted, expected = list_parts(prediction), list_parts(gold)
    if not predicted or not expected:
        return 0.0
    likeness = np.array([[normalised_f1(part, other) for other in expected] for part in predicted])
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    return float(2 * likeness[rows, columns].sum() / (len(predicted) + len(expected)))


def one_sided_list_f1(prediction: str, gold: str) -> float:
    """Return the paper's score of category 1 on normalised texts: what is named beyond the gold costs nothing."""
    predicted, expected = list_parts(prediction), list_parts(gold)
    if not predicted or not expected:
        return 0.0
    return sum(max(normalised_f1(part, other) for part in predicted) for other in expected) / len(expected)


def list_parts(text: str) -> list[str]:
    """Return the parts of a list, between commas, semicolons, "and", "or", "&"; a date's comma separates nothing."""
    parts = _PARTS.split(one_spelling(text.lower()))
    return [part for part in map(str.strip, parts) if normalise(part)]


@lru_cache(maxsize=65536)
def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in normalise(text).split())


def _fitted(word: str, expected: tuple[str, ...]) -> str:
    if not word[0].isdigit() and not word.startswith("--"):
        return word
    return next((cut for other in expected if (cut := as_exact_as(word, other)) != word), word)


def _denies(one: str, other: str) -> bool:
    """Whether exactly one of two texts has a negation, and the word that it negates is in the other one."""
    first, second = _negated(one), _negated(other)
    if (first is None) == (second is None):
        return False
    negated, stems = (first, _stems(other)) if first is not None else (second, _stems(one))
    return not (negated or frozenset()).isdisjoint(stems)


@lru_cache(maxsize=65536)
def _negated(text: str) -> frozenset[str] | None:
    """Return the stems of the words that are negated; None for a text without a negation."""
    words = clauses(text)
    if NEGATIONS.isdisjoint(words):
        return None
    found = set()
    for place, word in enumerate(words):
        if word in NEGATIONS:
            following = (other for other in words[place + 1 :] if other not in _BETWEEN)
            if (negated := next(following, CLAUSE)) != CLAUSE:
                found.add(stem(negated))
    return frozenset(found)
