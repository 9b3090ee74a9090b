"""Means of the scores of the tasks `events` and `dialogue`, with intervals clustered by conversation."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.schema.task_score import TaskScore
from locomo.scoring.statistics import Clusters, Estimate, estimate

Estimates = dict[str, dict[str, dict[str, Estimate]]]
"""Configuration → part → metric."""
TaskSums = dict[str, dict[str, dict[str, Clusters]]]
"""Configuration → part → metric → the sums of its conversations."""


def task_sums(scores: Sequence[TaskScore]) -> TaskSums:
    """Add up every metric over the scores that have it, by configuration, part and conversation.

    Speakers, sessions and turns of a conversation share it: they are a cluster.
    """
    values: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    for score in scores:
        for metric, value in score.values.items():
            values.setdefault((score.configuration, score.part, metric), []).append((score.sample_id, value))
    found: TaskSums = {}
    for (configuration, part, metric), members in values.items():
        found.setdefault(configuration, {}).setdefault(part, {})[metric] = Clusters.of(members)
    return found


def task_estimates(scores: Sequence[TaskScore]) -> Estimates:
    """Return the mean of every metric over the scores that have it, by configuration and part (see `task_sums`)."""
    return {
        configuration: {
            part: {metric: estimate(clusters) for metric, clusters in metrics.items()}
            for part, metrics in parts.items()
        }
        for configuration, parts in task_sums(scores).items()
    }


def errors_of(scores: Sequence[TaskScore]) -> dict[str, dict[str, int]]:
    """Return how many scores are of failed calls, by configuration and part."""
    found: dict[str, dict[str, int]] = {}
    for score in scores:
        parts = found.setdefault(score.configuration, {})
        parts[score.part] = parts.get(score.part, 0) + (score.error is not None)
    return found
