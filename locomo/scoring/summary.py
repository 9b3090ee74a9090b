"""Means of scores: per category and overall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from locomo.schema import CATEGORIES, Score, category_name
from locomo.scoring.metric import METRICS

OVERALL: Final = "overall"


def groups(scores: Sequence[Score]) -> dict[str, list[Score]]:
    """Return the scores of 'overall' and of each category that occurs, by name, in this order."""
    found = {OVERALL: list(scores)}
    for category in CATEGORIES:
        members = [score for score in scores if score.category == category]
        if members:
            found[category_name(category)] = members
    return found


def values(scores: Sequence[Score], metric: str) -> list[float | None]:
    """Return what each score counts with in the mean of a metric; None where the metric does not apply.

    A failed call counts with 0. A question without evidence counts with 0 in the mean of recall, though its own recall
    is 1: that is how the paper's aggregate is computed (four questions of LoCoMo); `strict` leaves it out. All others
    are means over the questions that they apply to.
    """
    if metric == "recall":
        if not any(score.has_context for score in scores):
            return [None] * len(scores)
        return [score.recall if score.has_evidence or score.recall is None else 0.0 for score in scores]
    return [getattr(score, metric) for score in scores]


def mean(scores: Sequence[Score], metric: str) -> float | None:
    """Return the mean of a metric over the questions that it applies to (see `values`); None where there are none."""
    found = [value for value in values(scores, metric) if value is not None]
    return sum(found) / len(found) if found else None


def summarise(scores: Sequence[Score]) -> dict[str, dict[str, Any]]:
    """Return {group: {'n', 'errors', metric: mean}} of the scores of one configuration; failed judgements if any."""
    return {
        name: {"n": len(members), "errors": sum(score.error is not None for score in members)}
        | _judge_errors(members)
        | {metric: mean(members, metric) for metric in METRICS}
        for name, members in groups(scores).items()
    }


def _judge_errors(scores: Sequence[Score]) -> dict[str, int]:
    failed = sum(score.judge_error is not None for score in scores)
    return {"judge_errors": failed} if failed else {}


def by_configuration(scores: Sequence[Score]) -> dict[str, dict[str, dict[str, Any]]]:
    """Return {configuration: {group: {metric: mean}}}."""
    found: dict[str, list[Score]] = {}
    for score in scores:
        found.setdefault(score.configuration, []).append(score)
    return {configuration: summarise(members) for configuration, members in found.items()}
