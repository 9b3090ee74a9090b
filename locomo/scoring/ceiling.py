"""The best that golds with errors let anyone score."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean
from typing import Final

from locomo.schema import CATEGORIES, Conversation, Question, category_name
from locomo.scoring.f1 import gold_text
from locomo.scoring.protocol import PROTOCOLS, ScoringProtocol
from locomo.scoring.summary import OVERALL

REFUSAL: Final = "Not mentioned in the conversation"


def ceilings(
    conversations: Sequence[Conversation],
    corrected: Sequence[Conversation],
    unanswerable: Collection[str] = (),
    protocol: ScoringProtocol = PROTOCOLS["paper"],
) -> dict[str, float]:
    """Return {'overall' or category: mean F1} of a perfect reader, scored with the golds of `conversations`.

    It gives that part of the gold in `corrected` (the same questions) that answers are compared with, and refuses where
    there is no answer (category 5).
    `unanswerable` are ids of questions whose gold is not what the conversation says: there it refuses, or answers an
    adversarial question. F1 is the protocol's answer score, in [0, 1].
    """
    scores: dict[str, list[float]] = {group: [] for group in (OVERALL, *CATEGORIES.values())}
    for released, repaired in zip(conversations, corrected, strict=True):
        for index, question in released.chosen(protocol.categories):
            right = repaired.questions[index]
            score = protocol.answer_score(question, perfect_answer(right, released.question_id(index) in unanswerable))
            if score is None:
                continue
            scores[OVERALL].append(score)
            scores[category_name(question.category)].append(score)
    return {group: fmean(values) for group, values in scores.items() if values}


def perfect_answer(question: Question, unanswerable: bool = False) -> str:
    """Return what a perfect reader says to a question with a corrected gold; see `ceilings`."""
    if question.kind.abstention and unanswerable:
        return question.adversarial_answer or str(question.reference)
    return REFUSAL if unanswerable else gold_text(question) or REFUSAL
