"""Scores added up by conversation: small enough for git, and all that intervals and paired tests need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from locomo.schema import Score
from locomo.scoring.metric import METRICS
from locomo.scoring.statistics import Clusters
from locomo.scoring.summary import groups, values

Sums: TypeAlias = Mapping[str, Mapping[str, Mapping[str, Clusters]]]
"""Metric → configuration → 'overall' or category → the sums of its conversations."""


def sums_of(scores: Sequence[Score]) -> dict[str, dict[str, dict[str, Clusters]]]:
    """Return the sums of scores; what a metric does not apply to is not there."""
    configurations: dict[str, list[Score]] = {}
    for score in scores:
        configurations.setdefault(score.configuration, []).append(score)
    found: dict[str, dict[str, dict[str, Clusters]]] = {}
    for metric in METRICS:
        for configuration, members in configurations.items():
            by_group = {name: clusters_of(group, metric) for name, group in groups(members).items()}
            kept = {name: clusters for name, clusters in by_group.items() if clusters.names}
            if kept:
                found.setdefault(metric, {})[configuration] = kept
    return found


def clusters_of(scores: Sequence[Score], metric: str) -> Clusters:
    """Add up one metric of some scores of a configuration."""
    pairs = zip(scores, values(scores, metric), strict=True)
    return Clusters.of((conversation_of(score), value) for score, value in pairs if value is not None)


def conversation_of(score: Score) -> str:
    """Return the sample that a score's question is about."""
    return score.id.rpartition(":")[0]
