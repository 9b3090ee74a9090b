"""FActScore in both directions: of the facts of each side, how many the other side supports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from locomo.schema.event_lists import Lists
from locomo.schema.fact import Fact
from locomo.schema.task_score import TaskScore
from locomo.scoring.events.score import CONVERSATION, Summary

PRECISION, RECALL, F1 = (f"fact_{name}" for name in ("precision", "recall", "f1"))
_METRIC: Final = {"predicted": PRECISION, "gold": RECALL}


def lists_of(found: Sequence[Summary]) -> list[Lists]:
    """Return what is split into facts: the lists of whole conversations."""
    return [
        Lists(
            each.conversation.sample_id,
            each.configuration,
            each.speaker,
            tuple(event.text for event in each.events),
            tuple(event.text for event in each.gold),
        )
        for each in found
        if each.session is None
    ]


def with_facts(scores: Sequence[TaskScore], facts: Sequence[Fact], judge: str) -> list[TaskScore]:
    """Return the scores with `fact_precision`, `fact_recall` and `fact_f1`, each with the judge in brackets.

    A fact without a verdict counts as not supported. Of a list without facts there is no number, and F1 is then 0, as
    it is for a summary that lists nothing.
    """
    groups: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in facts:
        groups.setdefault((fact.sample_id, fact.configuration, fact.speaker), []).append(fact)
    found = []
    for score in scores:
        own = groups.get((score.sample_id, score.configuration, score.place), [])
        if score.part != CONVERSATION or not own:
            found.append(score)
            continue
        values = {}
        for side, name in _METRIC.items():
            its = [fact for fact in own if fact.side == side]
            if its:
                values[name] = sum(fact.supported is True for fact in its) / len(its)
        values[F1] = _mean(values.get(PRECISION, 0.0), values.get(RECALL, 0.0))
        named = {f"{name}[{judge}]": value for name, value in values.items()}
        found.append(score.model_copy(update={"values": score.values | named}))
    return found


def _mean(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
