"""The answer score by the golds as released, and by corrected golds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from statistics import fmean

from locomo.schema import Conversation, Score
from locomo.scoring.answers import Answer
from locomo.scoring.protocol import PROTOCOLS, ScoringProtocol
from locomo.scoring.score import scored
from locomo.scoring.summary import groups

Means = dict[str, dict[str, float]]
"""{configuration: {'overall' or category: mean F1 in [0, 1]}}."""


def released_and_corrected(
    conversations: Sequence[Conversation],
    corrected: Sequence[Conversation],
    answers: Iterable[Answer],
    scores: Sequence[Score],
    left_out: Collection[str] = (),
    *,
    protocol: ScoringProtocol = PROTOCOLS["paper"],
) -> tuple[Means, Means]:
    """Return the means by the golds of `conversations`, over all questions, and by those of `corrected`, which holds
    the same questions, over the questions that are not in `left_out`.

    `scores` are what the answers earned by the former: only those to golds that were corrected are scored again.
    """
    changed = {
        old.question_id(index): now
        for old, new in zip(conversations, corrected, strict=True)
        for index, (was, now) in enumerate(zip(old.questions, new.questions, strict=True))
        if now is not was
    }
    given: dict[tuple[str, str], list[Answer]] = {}  # two where both orders of the options were asked
    for answer in answers:
        if answer.id in changed:
            given.setdefault((answer.configuration, answer.id), []).append(answer)
    again = {
        cell: fmean(earned)
        for cell, rows in given.items()
        if (earned := [s for each in rows if (s := scored(changed[cell[1]], each, protocol)) is not None])
    }
    repaired = [
        score
        if score.id not in changed
        else score.model_copy(
            update={"f1": again.get((score.configuration, score.id)), "category": changed[score.id].category}
        )
        for score in scores
        if score.id not in left_out
    ]
    return _means(scores), _means(repaired)


def _means(scores: Sequence[Score]) -> Means:
    by_configuration: dict[str, list[Score]] = {}
    for score in scores:
        by_configuration.setdefault(score.configuration, []).append(score)
    return {
        configuration: {
            name: fmean(earned)
            for name, members in groups(found).items()
            if (earned := [score.f1 for score in members if score.f1 is not None])
        }
        for configuration, found in by_configuration.items()
    }
