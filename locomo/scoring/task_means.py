"""Means of the scores of the tasks `events` and `dialogue`, with intervals clustered by conversation."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.schema.task_score import TaskScore
from locomo.scoring.statistics import Clusters, Estimate, estimate

Estimates = dict[str, dict[str, dict[str, Estimate]]]
"""Configuration → part → metric."""


def task_estimates(scores: Sequence[TaskScore]) -> Estimates:
    """Return the mean of every metric over the scores that have it, by configuration and part.

    Speakers, sessions and turns of a conversation share it: they are a cluster.
    """
    values: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    for score in scores:
        for metric, value in score.values.items():
            values.setdefault((score.configuration, score.part, metric), []).append((score.sample_id, value))
    found: Estimates = {}
    for (configuration, part, metric), members in values.items():
        found.setdefault(configuration, {}).setdefault(part, {})[metric] = estimate(Clusters.of(members))
    return found


def errors_of(scores: Sequence[TaskScore]) -> dict[str, dict[str, int]]:
    """Return how many scores are of failed calls, by configuration and part."""
    found: dict[str, dict[str, int]] = {}
    for score in scores:
        parts = found.setdefault(score.configuration, {})
        parts[score.part] = parts.get(score.part, 0) + (score.error is not None)
    return found
