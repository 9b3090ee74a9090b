"""Answers and what they earned: scores of a run, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any

from locomo.llm import Client
from locomo.pipeline import Params, say
from locomo.schema import LOCAL, Claim, Conversation, Prediction, Score, Verdict
from locomo.scoring import OVERALL, Answer, ScoringProtocol, metric_names, score_answers, scoring_protocol
from locomo.scoring.judging import Key, claims_of, settled, with_verdicts
from locomo.scoring.local_judge import judge_here, judge_name
from locomo.scoring.repeats import averaged
from locomo.scoring.statistics import estimate
from locomo.scoring.sums import Sums, sums_of
from locomo.tasks.judge_prompt import judge_prompt
from locomo.tasks.judging import judge

OpenJudge = Callable[[str], AbstractContextManager[Client]]
"""Opens the model that judges, by its name."""


@dataclass(frozen=True)
class Scored:
    """The answers of a run with their scores."""

    params: Params
    conversations: Sequence[Conversation]
    asked: Iterable[Prediction]
    """The rows of what was asked of a model or a system; one may go through them more than once."""
    models: frozenset[str]
    """Those that answered, as rows name them."""
    answered: frozenset[int]
    """The categories of the questions that rows answer."""
    unasked: Sequence[Prediction]
    """The rows of baselines without a model."""
    given: Sequence[Answer] | None
    """What was scored of `asked`, where that says more than its rows."""
    scores: list[Score]
    """One a question and configuration, repeats apart."""
    verdicts: Mapping[Key, Verdict] = field(default_factory=dict)
    """What the judge said of answers; empty without one."""

    @property
    def predictions(self) -> Iterable[Prediction]:
        """The rows of what was scored, baselines without a model included."""
        return chain(self.asked, self.unasked)

    @property
    def answers(self) -> Iterable[Answer]:
        """What was scored, made anew of each row when it is needed."""
        asked = map(Answer.of, self.asked) if self.given is None else self.given
        return chain(asked, map(Answer.of, self.unasked))

    @property
    def protocol(self) -> ScoringProtocol:
        """By which the answers were scored."""
        return scoring_protocol(self.params.protocol)

    @property
    def names(self) -> dict[str, str]:
        """The public names of the metrics, by field of `Score`."""
        params = self.params
        by = judge_name(params.judge.model, judge_prompt(params.judge.prompt).name)
        return metric_names(self.protocol, bertscore=params.score.bertscore, judge=by)

    @cached_property
    def means(self) -> list[Score]:
        """One score a question and configuration: the means over its repeats."""
        return averaged(self.scores)

    @cached_property
    def sums(self) -> Sums:
        """Scores added up by conversation."""
        return sums_of(self.means)

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters on the card that are not at their defaults, without what stands in the title."""
        params = self.params
        defaults = Params(dataset=params.dataset, model=params.model, protocol=params.protocol).on_card
        return {name: value for name, value in params.on_card.items() if value != defaults.get(name)}

    @property
    def intervals(self) -> dict[str, dict[str, float | None]]:
        """Half the width of the 95% intervals of F1, by configuration and 'overall' or category."""
        return {
            name: {group: estimate(clusters).half for group, clusters in groups.items()}
            for name, groups in self.sums.get("f1", {}).items()
        }

    @property
    def halves(self) -> dict[str, float | None]:
        """Half the width of the 95% interval of the overall F1, by configuration."""
        return {name: estimate(groups[OVERALL]).half for name, groups in self.sums.get("f1", {}).items()}


def score_run(
    params: Params,
    conversations: Sequence[Conversation],
    asked: Iterable[Prediction],
    open_judge: OpenJudge,
    *,
    answers: Sequence[Answer] | None = None,
    unasked: Sequence[Prediction] = (),
    where: str,
) -> Scored:
    """Score answers by the protocol of `params`, and have its judge judge them, if there is one.

    One goes through `asked` more than once. `answers` are what is scored of it, where they say more than its rows.
    `unasked` are rows that no model gave: they are scored and not judged. InputError, starting with `where`, if answers
    are missing or occur twice.
    """
    left_out = {each.question_id(index) for each in conversations if each.subset is not None for index in _beside(each)}
    if left_out:
        asked = [row for row in asked if row.id not in left_out]
    given: list[Answer] = []
    models, answered = set(), set()
    for row in asked:
        models.add(row.model)
        answered.add(row.category)
        if answers is None:
            given.append(Answer.of(row))
    if answers is not None:
        given = [answer for answer in answers if answer.id not in left_out]
    every = given + [Answer.of(row) for row in unasked]
    scores = score_answers(
        conversations,
        every,
        where=where,
        bertscore_model=params.score.bertscore,
        protocol=scoring_protocol(params.protocol),
    )
    scored = Scored(
        params,
        conversations,
        asked,
        frozenset(models),
        frozenset(answered),
        unasked,
        None if answers is None else given,
        scores,
    )
    if params.judge.model is None:
        return scored
    claims = claims_of(conversations, given)
    verdicts = dict(zip(claims, _verdicts(params, list(claims.values()), open_judge), strict=True))
    judged = with_verdicts(scores, verdicts, settled(conversations, every))
    say(
        "judge", {"answers judged": len(claims), "without a verdict": sum(v.correct is None for v in verdicts.values())}
    )
    return replace(scored, scores=judged, verdicts=verdicts)


def _beside(conversation: Conversation) -> set[int]:
    """Return the indexes of the questions that do not count."""
    return set(range(len(conversation.questions))) - set(conversation.subset or ())


def _verdicts(params: Params, claims: Sequence[Claim], open_judge: OpenJudge) -> list[Verdict]:
    settings = params.judge
    if settings.model is None or settings.model == LOCAL:
        return judge_here(claims)
    with open_judge(settings.model) as client:
        return judge(
            claims, client, settings.prompt, votes=settings.votes, seed=params.seed, max_tokens=settings.max_tokens
        )
