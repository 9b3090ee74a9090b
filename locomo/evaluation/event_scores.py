"""Scoring lists of events, with a judge's facts where there is one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from locomo.evaluation.scored import OpenJudge
from locomo.pipeline import Params, say
from locomo.pipeline.encoders import open_stored_encoder
from locomo.schema import LOCAL, Conversation
from locomo.schema.event import EventRow
from locomo.schema.fact import Fact
from locomo.schema.task_score import TaskScore
from locomo.scoring.events.facts import lists_of, with_facts
from locomo.scoring.events.score import ENCODER, score_events, summaries
from locomo.tasks.events.facts import judge_facts

log = logging.getLogger("locomo")


@dataclass(frozen=True, slots=True)
class ScoredEvents:
    """Rows of the task `events` with what they earned."""

    rows: Sequence[EventRow] = ()
    scores: Sequence[TaskScore] = ()
    facts: Sequence[Fact] = ()
    """What a judge said; empty without one."""


def score_event_rows(
    params: Params,
    conversations: Sequence[Conversation],
    rows: Sequence[EventRow],
    open_judge: OpenJudge,
    *,
    where: str = "events",
) -> ScoredEvents:
    """Score lists of events; a language model as `judge.model` also splits them into facts and judges those.

    InputError, starting with `where`, if a row is about nothing that is in the dataset, or one is missing.
    """
    if not rows:
        return ScoredEvents()
    found = summaries(conversations, rows, where)
    encoder = open_stored_encoder(ENCODER, params.llm)

    def encode(texts: Sequence[str]) -> Any:
        return encoder.encode(list(texts), side="passage")

    scores = score_events(found, encode)
    judge = params.judge.model
    if judge is None or judge == LOCAL:
        return ScoredEvents(rows, scores)
    with open_judge(judge) as client:
        facts, failures = judge_facts(lists_of(found), client, seed=params.seed, verdict_tokens=params.judge.max_tokens)
    say("facts", {"judged": len(facts), "without a verdict": sum(fact.supported is None for fact in facts)})
    if failures:
        log.warning("facts: %d lists of events could not be split into facts (%s)", len(failures), failures[0])
    return ScoredEvents(rows, with_facts(scores, facts, judge), facts)
