"""What a judge is asked about answers, and how its verdicts become scores. Who asks is none of this room's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from locomo.schema import Claim, Conversation, Score, Verdict
from locomo.scoring.answers import Answer
from locomo.scoring.protocol import WITH_GOLD

Key = tuple[str, str]
"""(id, configuration)."""
RIGHT: Final = 1.0
WRONG: Final = 0.0


def claims_of(conversations: Sequence[Conversation], answers: Sequence[Answer]) -> dict[Key, Claim]:
    """Return what is to be judged: the answers to questions with a gold answer, categories 1 to 4.

    Failed calls and empty answers are wrong without a judge. The reference is the whole gold answer.
    """
    questions = {c.question_id(i): question for c in conversations for i, question in enumerate(c.questions)}
    found = {}
    for answer in answers:
        question = questions[answer.id]
        if question.category in WITH_GOLD and answer.text is not None and answer.text.strip():
            claim = Claim(question.question.strip(), question.reference or "", answer.text.strip())
            found[answer.id, answer.configuration] = claim
    return found


def with_verdicts(scores: Sequence[Score], verdicts: Mapping[Key, Verdict]) -> list[Score]:
    """Add the verdicts to scores; where the judge gave none, the answer counts as wrong and keeps the reason."""
    return [_judged(score, verdicts.get((score.id, score.configuration))) for score in scores]


def _judged(score: Score, verdict: Verdict | None) -> Score:
    if score.category not in WITH_GOLD:
        return score
    right = verdict is not None and verdict.correct is True
    return score.model_copy(
        update={"judged": RIGHT if right else WRONG, "judge_error": verdict.error if verdict else None}
    )
