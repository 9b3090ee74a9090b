"""The answer score of protocol `strict`: F1 over stems of normalised texts, by a rule that punishes naming too much."""

from __future__ import annotations

from collections import Counter
from typing import Final

import regex

from locomo.schema import Question
from locomo.scoring.dates import one_spelling
from locomo.scoring.denial import denies
from locomo.scoring.f1 import gold_text
from locomo.scoring.normalise import folded, normalise
from locomo.scoring.numbers import ordinals
from locomo.scoring.polarity import polarity, spoken
from locomo.scoring.refusal import refuses
from locomo.scoring.words import words_of

_PARTS: Final = regex.compile(
    r"[,;\n•、，；]|(?<=[^\d\s])/(?=[^\d\s])|\s/\s|\s(?:and|&|or|plus|as well as|along with)\s"
)
_NUMBERED: Final = regex.compile(r"(?:^|(?<=\s))(?:\(\d{1,2}\)|\d{1,2}[.)])(?=\s)")
_BULLETS: Final = regex.compile(r"^\s*[-*•]\s+", regex.MULTILINE)
_ALTERNATIVES: Final = regex.compile(r"\bor\b", regex.IGNORECASE)


def strict_score(question: Question, prediction: str) -> float | None:
    """Return the score in [0, 1] of an answer to a question that was put without options; None without a gold.

    Category 1 compares lists (see `symmetric_list_f1`), category 5 is right if the answer refuses, all others are one
    text each; category 3 is compared with the gold before the first ';', as in the paper. Where the gold says yes or
    no, the answer need only say the same.
    """
    gold = gold_text(question)
    if question.kind.abstention:
        return float(refuses(prediction))
    if gold is None:
        return None
    if (wanted := spoken(gold)) is not None:
        return float(polarity(prediction, question.question) == wanted and not refuses(prediction))
    asked = question.question
    if question.kind.compared == "list":
        return symmetric_list_f1(prediction, gold, asked)
    return normalised_f1(prediction, gold, asked)


def normalised_f1(prediction: str, gold: str, question: str = "") -> float:
    """Return the harmonic mean of precision and recall of the stems of both normalised texts, counted with repetition.

    Words of `free_words.FREE` do not count, nor do those of the question, unless the gold has no others. A date of the
    prediction that lies in one of the gold counts as that one. 0 where one of the two denies what the other one says
    ("not happy" and "happy"), and where the gold has dates or numbers and the prediction has others instead.
    """
    if denies(prediction, gold):
        return 0.0
    predicted, expected = words_of(prediction, other=gold), words_of(gold, other=prediction)
    if predicted.contradict(expected):
        return 0.0
    found, wanted = predicted.fitted(expected), list(expected.content)
    if not _ALTERNATIVES.search(question):
        asked = words_of(question).stems
        if beyond := [word for word in wanted if word not in asked]:
            found, wanted = [word for word in found if word not in asked], beyond
    same = sum((Counter(found) & Counter(wanted)).values())
    return 2 * same / (len(found) + len(wanted)) if same else 0.0


def symmetric_list_f1(prediction: str, gold: str, question: str = "") -> float:
    """Return F1 over the parts of two lists, each part of one being set against at most one part of the other.

    Parts are paired so that the sum of their F1 is largest (Kuhn 1955); precision is that sum by the number of
    predicted parts, recall by the number of gold parts: what is named beyond the gold costs precision.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    predicted, expected = list_parts(prediction), list_parts(gold)
    if not predicted or not expected:
        return 0.0
    likeness = np.array([[normalised_f1(part, other, question) for other in expected] for part in predicted])
    rows, columns = linear_sum_assignment(likeness, maximize=True)
    return float(2 * likeness[rows, columns].sum() / (len(predicted) + len(expected)))


def one_sided_list_f1(prediction: str, gold: str, question: str = "") -> float:
    """Return the paper's score of category 1 on normalised texts: what is named beyond the gold costs nothing."""
    predicted, expected = list_parts(prediction), list_parts(gold)
    if not predicted or not expected:
        return 0.0
    return sum(max(normalised_f1(part, other, question) for part in predicted) for other in expected) / len(expected)


def list_parts(text: str) -> list[str]:
    """Return the parts of a list, between commas, semicolons, slashes, lines, "and", "or", "&", numbers and bullets.

    A date's comma separates nothing.
    """
    parts = _PARTS.split(_listed(text))
    return [part for part in map(str.strip, parts) if normalise(part)]


def _listed(text: str) -> str:
    """Return a text with its dates in one spelling, in which commas separate the parts that numbers and bullets did."""
    text = _BULLETS.sub(", ", folded(text))
    if len(_NUMBERED.findall(text)) > 1:
        text = _NUMBERED.sub(",", text)
    return one_spelling(ordinals(text))
