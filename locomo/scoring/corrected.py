"""The paper's F1 by the golds as released, and by corrected golds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

from locomo.schema import CATEGORIES, Conversation, Question, category_name
from locomo.scoring.answers import Answer
from locomo.scoring.f1 import answer_score
from locomo.scoring.summary import OVERALL

Means = dict[str, dict[str, float]]
"""{configuration: {'overall' or category: mean F1 in [0, 1]}}."""


def released_and_corrected(
    conversations: Sequence[Conversation],
    corrected: Sequence[Conversation],
    answers: Sequence[Answer],
    left_out: Collection[str] = (),
) -> tuple[Means, Means]:
    """Return the means by the golds of `conversations`, over all answers, and by those of `corrected`, which holds the
    same questions, over the answers to questions that are not in `left_out`. A failed call scores 0.
    """
    golds = {
        old.question_id(index): pair
        for old, new in zip(conversations, corrected, strict=True)
        for index, pair in enumerate(zip(old.questions, new.questions, strict=True))
    }
    released: dict[str, list[tuple[int, float]]] = {}
    repaired: dict[str, list[tuple[int, float]]] = {}
    for answer in answers:
        was, now = golds[answer.id]
        score = _score(was, answer)
        released.setdefault(answer.configuration, []).append((was.category, score))
        if answer.id not in left_out:
            score = score if now is was else _score(now, answer)
            repaired.setdefault(answer.configuration, []).append((now.category, score))
    return _means(released), _means(repaired)


def _score(question: Question, answer: Answer) -> float:
    return 0.0 if answer.error or answer.text is None else answer_score(question, answer.text)


def _means(scores: dict[str, list[tuple[int, float]]]) -> Means:
    return {
        configuration: {OVERALL: fmean(score for _, score in found)}
        | {
            category_name(number): fmean(score for category, score in found if category == number)
            for number in CATEGORIES
            if any(category == number for category, _ in found)
        }
        for configuration, found in scores.items()
    }
