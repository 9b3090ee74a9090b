"""The paper's answer score: F1 over multisets of Porter stems, with a rule of its own for each category.

Source: Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents", ACL 2024, section 4.1, as the
authors' evaluation code computes it.
"""

from __future__ import annotations

import string
from collections import Counter
from functools import lru_cache
from typing import Any, Final

import regex

from locomo.schema import Question
from locomo.scoring.refusal import refuses

_PUNCTUATION: Final = str.maketrans("", "", string.punctuation)
_ARTICLES: Final = regex.compile(r"\b(a|an|the|and)\b")
_REFUSALS: Final = ("no information available", "not mentioned")


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    from nltk.stem import PorterStemmer

    return PorterStemmer()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return the Porter stem of a word."""
    return str(_stemmer().stem(word))


def stems(text: str) -> list[str]:
    """Return the stems of a text in lower case, without ASCII punctuation and without a, an, the, and."""
    return [stem(word) for word in _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()]


def multiset_f1(prediction: str, gold: str) -> float:
    """Return the harmonic mean of precision and recall of the stems, counted with repetition; 0 without overlap."""
    predicted, expected = stems(prediction), stems(gold)
    same = sum((Counter(predicted) & Counter(expected)).values())
    if same == 0:
        return 0.0
    precision, recall = same / len(predicted), same / len(expected)
    return 2 * precision * recall / (precision + recall)


def list_f1(prediction: str, gold: str) -> float:
    """Split both sides on commas; return the mean over the gold parts of the best F1 that any predicted part has.

    Naming more than was asked costs nothing here: that is the paper's definition.
    """
    predicted = [part.strip() for part in prediction.split(",")]
    best = [max(multiset_f1(part, expected.strip()) for part in predicted) for expected in gold.split(",")]
    return sum(best) / len(best)


def gold_text(question: Question) -> str | None:
    """Return the gold answer that is compared with: in category 3 what stands before the first ';'.

    None where the right answer is that there is none (category 5), and where there is nothing to compare with.
    """
    if not question.kind.has_gold or question.reference is None:
        return None
    first = question.kind.compared == "before_semicolon"
    return question.reference.split(";")[0].strip() if first else question.reference


def answer_score(question: Question, prediction: str) -> float | None:
    """Return the score in [0, 1] of an answer, by the rule of its category; None without anything to compare with."""
    gold, compared = gold_text(question), question.kind.compared
    if compared == "phrase":
        return float(any(refusal in prediction.lower() for refusal in _REFUSALS))
    if compared == "refusal":
        return float(refuses(prediction))
    if gold is None:
        return None
    return list_f1(prediction, gold) if compared == "list" else multiset_f1(prediction, gold)
