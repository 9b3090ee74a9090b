"""The questions that a change won or lost, with both answers and what evidence each was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from locomo.reporting.browser import cited
from locomo.reporting.comparison.pair import Pair
from locomo.reporting.comparison.run import Run
from locomo.schema import Conversation, Question, Score
from locomo.scoring.recall import session_of
from locomo.scoring.summary import values

RIGHT: Final = 0.5
"""A score from which an answer counts as right: a question has flipped when it crosses this."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A turn that bears out the gold answer, and whether each run was shown it; None where that is not known."""

    id: str
    text: str | None
    before: bool | None
    after: bool | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What a run answered; None throughout where its answers are not here."""

    score: float
    text: str | None
    error: str | None
    context_ids: list[str] | None
    repeats: int = 1
    """How often the question was asked: the score is the mean, the answer the first one."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A question that was right in one run and wrong in the other."""

    id: str
    configuration: str
    category: int
    question: str | None
    reference: str | None
    before: Reply
    after: Reply
    evidence: list[Evidence]

    @property
    def gained(self) -> bool:
        """Whether it is right now."""
        return self.after.score > self.before.score


def flips(before: Run, after: Run, pair: Pair, metric: str) -> list[Flip]:
    """Return the flipped questions of a configuration, the lost ones first, each kind by how far its score moved."""
    old_name, new_name = pair.before, pair.after
    olds, news = _by_id(before.scores, old_name, metric), _by_id(after.scores, new_name, metric)
    conversations = {c.sample_id: c for c in (*before.conversations, *after.conversations)}
    texts = before.questions | after.questions
    found = []
    for question_id, (category, new) in news.items():
        if question_id not in olds:
            continue
        old = olds[question_id][1]
        if (old >= RIGHT) == (new >= RIGHT):
            continue
        replies = _reply(before, question_id, old_name, old), _reply(after, question_id, new_name, new)
        conversation = conversations.get(question_id.rpartition(":")[0])
        question, reference = texts.get(question_id, (None, None))
        if conversation is not None and (asked := _question(conversation, question_id)) is not None:
            question, reference = asked.question, asked.reference
        found.append(
            Flip(
                id=question_id,
                configuration=pair.name,
                category=category,
                question=question,
                reference=reference,
                before=replies[0],
                after=replies[1],
                evidence=_evidence(conversation, question_id, replies),
            )
        )
    return sorted(found, key=lambda flip: (flip.gained, -abs(flip.after.score - flip.before.score)))


def _by_id(scores: Sequence[Score], configuration: str, metric: str) -> dict[str, tuple[int, float]]:
    own = [score for score in scores if score.configuration == configuration]
    pairs = zip(own, values(own, metric), strict=True)
    return {score.id: (score.category, value) for score, value in pairs if value is not None}


def _reply(run: Run, question_id: str, configuration: str, score: float) -> Reply:
    answer = run.answers.get((question_id, configuration))
    repeats = run.repeats.get(configuration, 1)
    if answer is None:
        return Reply(score, None, None, None, repeats)
    return Reply(score, answer.text, answer.error, answer.context_ids, repeats)


def _question(conversation: Conversation, question_id: str) -> Question | None:
    index = int(question_id.rpartition(":")[2])
    return conversation.questions[index] if index < len(conversation.questions) else None


def _evidence(conversation: Conversation | None, question_id: str, replies: Sequence[Reply]) -> list[Evidence]:
    if conversation is None or (question := _question(conversation, question_id)) is None:
        return []
    turns = {turn.dia_id: f"{turn.speaker}: {turn.text_with_caption}" for turn in conversation.turns}
    return [
        Evidence(dia_id, turns.get(dia_id), *(_shown(dia_id, reply.context_ids) for reply in replies))
        for dia_id in cited(question.evidence)
    ]


def _shown(dia_id: str, context_ids: Sequence[str] | None) -> bool | None:
    if context_ids is None:
        return None
    return dia_id in context_ids or session_of(dia_id) in context_ids
