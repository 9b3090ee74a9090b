"""Two runs of the tasks `events` and `dialogue`: what changed in each metric, by the statistics of questions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from locomo.schema.task_score import TaskScore
from locomo.scoring.comparison import Change, compare_clusters
from locomo.scoring.dialogue.score import TURNS
from locomo.scoring.events.score import CONVERSATION, F1, SESSION
from locomo.scoring.statistics import Clusters
from locomo.scoring.summary import OVERALL

PRIMARY_OF: Final = {CONVERSATION: F1, SESSION: F1, TURNS: "rouge_l"}
"""Part → the metric that decides, declared before anybody looks; all others are a family of their own."""


def primary_of(part: str, metrics: Iterable[str]) -> str:
    """Return the metric that decides on a part; the first of `metrics` where the declared one is not among them."""
    known = list(metrics)
    declared = PRIMARY_OF.get(part)
    return declared if declared in known else known[0]


def paired_sums(before: Sequence[TaskScore], after: Sequence[TaskScore]) -> dict[str, tuple[Clusters, Clusters]]:
    """Return the sums by conversation of both sides in each metric, over the places that have it on both.

    All scores are of one configuration and part a side.
    """
    by_place = {(score.sample_id, score.place): score for score in before}
    found: dict[str, list[tuple[str, float, float]]] = {}
    for score in after:
        old = by_place.get((score.sample_id, score.place))
        for metric, value in score.values.items():
            if old is not None and metric in old.values:
                found.setdefault(metric, []).append((score.sample_id, old.values[metric], value))
    return {
        metric: (
            Clusters.of((sample, old) for sample, old, _ in members),
            Clusters.of((sample, new) for sample, _, new in members),
        )
        for metric, members in found.items()
    }


def compare_metrics(
    pairs: Mapping[str, tuple[Clusters, Clusters]], *, part: str, configuration: str
) -> dict[str, Change]:
    """Compare sums by conversation, {metric: (before, after)}; return changes by metric, the one that decides first.

    Its p and interval are as they are. The other metrics are adjusted for their number by Holm's method, as categories
    of questions are. Metrics whose places differ are left out.
    """
    if not pairs:
        return {}
    primary = primary_of(part, pairs)
    groups = {OVERALL: pairs[primary]} | {name: pair for name, pair in pairs.items() if name != primary}
    changes = compare_clusters(groups, metric=primary, configuration=configuration)
    return {primary if change.group == OVERALL else change.group: change for change in changes}
