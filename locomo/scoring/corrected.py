"""The answer score by the golds as released, and by corrected golds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean

from locomo.schema import CATEGORIES, Conversation, category_name
from locomo.scoring.answers import Answer
from locomo.scoring.protocol import PROTOCOLS, ScoringProtocol
from locomo.scoring.score import scored
from locomo.scoring.summary import OVERALL

Means = dict[str, dict[str, float]]
"""{configuration: {'overall' or category: mean F1 in [0, 1]}}."""


def released_and_corrected(
    conversations: Sequence[Conversation],
    corrected: Sequence[Conversation],
    answers: Sequence[Answer],
    left_out: Collection[str] = (),
    protocol: ScoringProtocol = PROTOCOLS["paper"],
) -> tuple[Means, Means]:
    """Return the means by the golds of `conversations`, over all questions, and by those of `corrected`, which holds
    the same questions, over the questions that are not in `left_out`. A failed call scores 0.
    """
    golds = {
        old.question_id(index): pair
        for old, new in zip(conversations, corrected, strict=True)
        for index, pair in enumerate(zip(old.questions, new.questions, strict=True))
    }
    given: dict[tuple[str, str], list[Answer]] = {}  # two where both orders of the options were asked
    for answer in answers:
        given.setdefault((answer.configuration, answer.id), []).append(answer)
    released: dict[str, list[tuple[int, float]]] = {}
    repaired: dict[str, list[tuple[int, float]]] = {}
    for (configuration, question_id), rows in given.items():
        was, now = golds[question_id]
        if was.category not in protocol.categories:
            continue
        score = fmean(scored(was, answer, protocol) for answer in rows)
        released.setdefault(configuration, []).append((was.category, score))
        if question_id not in left_out:
            score = score if now is was else fmean(scored(now, answer, protocol) for answer in rows)
            repaired.setdefault(configuration, []).append((now.category, score))
    return _means(released), _means(repaired)


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
