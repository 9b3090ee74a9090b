"""What a judge is asked about answers, and how its verdicts become scores. Who asks is none of this room's business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any, Final

from locomo.schema import Claim, Conversation, Question, Score, Verdict, category_of
from locomo.scoring.answers import Answer

Key = tuple[str, str]
"""(id, configuration)."""
RIGHT: Final = 1.0
WRONG: Final = 0.0
MOST_WITHOUT: Final = 0.02
"""The largest share of questions without a verdict beside which an accuracy stands: half of a narrow interval."""
_OPTION: Final = frozenset(("not mentioned", "not mentioned in the conversation"))
"""Answers that are the option "not mentioned" to the letter: nothing about them has to be asked."""


def claims_of(conversations: Sequence[Conversation], answers: Sequence[Answer]) -> dict[Key, Claim]:
    """Return what is to be judged: answers by their whole gold answer, by the items of a rubric or by a cue, and where
    there is no answer (category 5) whether they abstain.

    Failed calls and empty answers are wrong without a judge; `settled` has others that need none.
    """
    questions = _questions(conversations)
    found = {}
    for answer in answers:
        question = questions[answer.id]
        if answer.text is None or not answer.text.strip():
            continue
        if _settled(question, answer) is None:
            found[answer.id, answer.configuration] = claim_about(question, answer.text)
    return found


def claim_about(question: Question, answer: str) -> Claim:
    """Return what a judge is shown of an answer to a question."""
    kind, asked, said = question.kind, question.question.strip(), answer.strip()
    if kind.abstention:
        return Claim(asked, None, said)
    if kind.judged == "rubric":
        return Claim(asked, None, said, rubric=tuple(item.strip() for item in question.rubric or () if item.strip()))
    if kind.judged == "cue":
        return Claim(asked, None, said, cue=(question.cue or "").strip())
    return Claim(asked, question.reference or "", said)


def settled(conversations: Sequence[Conversation], answers: Sequence[Answer]) -> dict[Key, float]:
    """Return the scores of the answers in category 5 that take one of two options, or repeat one word by word."""
    questions = _questions(conversations)
    found: dict[Key, list[float]] = {}
    for answer in answers:
        if (score := _settled(questions[answer.id], answer)) is not None:
            found.setdefault((answer.id, answer.configuration), []).append(score)
    return {key: fmean(scores) for key, scores in found.items()}


def _questions(conversations: Iterable[Conversation]) -> dict[str, Question]:
    return {c.question_id(i): question for c in conversations for i, question in enumerate(c.questions)}


def _settled(question: Question, answer: Answer) -> float | None:
    if not question.kind.abstention:
        return None
    if answer.choice is not None:
        return float(answer.choice.taken == answer.choice.refusal)
    said = _plain(answer.text)
    if said in _OPTION:
        return RIGHT
    return WRONG if not said or said == _plain(question.adversarial_answer) else None


def _plain(text: str | None) -> str:
    return (text or "").strip(" \t\n.").lower()


def with_verdicts(
    scores: Sequence[Score], verdicts: Mapping[Key, Verdict], known: Mapping[Key, float] | None = None
) -> list[Score]:
    """Add the verdicts to scores, and what is `settled` without one.

    Where the judge gave none, the answer counts as wrong, keeps the reason, and has 1 in `no_verdict`. A configuration
    that lacks verdicts on more than `MOST_WITHOUT` of the questions with gold answers, or of those without, has no
    accuracy there: it would say how often the judge was understood.
    """
    judged = [_judged(score, verdicts.get((score.id, score.configuration)), known or {}) for score in scores]
    known_enough = {part: _known_enough(judged, part) for part in ("judged", "abstained")}
    return [_withheld(score, known_enough) for score in judged]


def _judged(score: Score, verdict: Verdict | None, known: Mapping[Key, float]) -> Score:
    value = known.get((score.id, score.configuration), WRONG)
    if verdict is not None:
        value = WRONG if verdict.value is None else verdict.value
    missing = verdict is not None and verdict.correct is None
    part = "abstained" if category_of(score.category).abstention else "judged"
    added: dict[str, Any] = {
        part: value,
        "judged_all": value,
        "no_verdict": float(missing),
        "judge_error": verdict.error if verdict and missing else None,
    }
    return score.model_copy(update=added)


def _known_enough(scores: Sequence[Score], part: str) -> set[str]:
    """Return the configurations that have nearly all verdicts of a part."""
    missing: dict[str, list[float]] = {}
    for score in scores:
        if getattr(score, part) is not None:
            missing.setdefault(score.configuration, []).append(score.no_verdict or 0.0)
    every = {score.configuration for score in scores}
    return every - {name for name, shares in missing.items() if fmean(shares) > MOST_WITHOUT}


def _withheld(score: Score, known_enough: Mapping[str, set[str]]) -> Score:
    withheld: dict[str, None] = {part: None for part, names in known_enough.items() if score.configuration not in names}
    if withheld:
        withheld["judged_all"] = None
    return score.model_copy(update=withheld) if withheld else score
