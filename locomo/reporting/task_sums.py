"""Scores of the tasks `events` and `dialogue` added up by conversation, as metrics/conversations.json has them.

They are in git, so that `locomo review` has verdicts where the rows are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from locomo.errors import InputError
from locomo.reporting.intervals import SUM_DECIMALS
from locomo.schema.task_score import TaskScore
from locomo.scoring.statistics import Clusters
from locomo.scoring.task_means import TaskSums, task_sums

TASKS: Final = "tasks"
"""Their name in the file."""


def task_sums_file(scores: Mapping[str, Sequence[TaskScore]]) -> dict[str, Any]:
    """Return task → configuration → part → metric → sums and numbers by conversation, of tasks that have scores."""
    found = {
        task: {
            configuration: {
                part: {metric: _lists(clusters) for metric, clusters in metrics.items()}
                for part, metrics in parts.items()
            }
            for configuration, parts in task_sums(members).items()
        }
        for task, members in scores.items()
        if members
    }
    return {TASKS: found} if found else {}


def task_sums_from(contents: Any, where: str) -> dict[str, TaskSums]:
    """Return the sums in such a file by task; InputError, starting with `where`, for another one."""
    try:
        return {
            task: {
                configuration: {
                    part: {metric: _clusters(lists) for metric, lists in metrics.items()}
                    for part, metrics in parts.items()
                }
                for configuration, parts in configurations.items()
            }
            for task, configurations in contents.get(TASKS, {}).items()
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(f"{where}: expected what the score stage writes there; run `dvc repro` there again") from None


def _lists(clusters: Clusters) -> dict[str, list[Any]]:
    return {
        "conversations": list(clusters.names),
        "sums": [round(each, SUM_DECIMALS) for each in clusters.sums.tolist()],
        "scored": clusters.counts.tolist(),
    }


def _clusters(lists: Mapping[str, Sequence[Any]]) -> Clusters:
    pairs = zip(lists["sums"], lists["scored"], strict=True)
    return Clusters.from_sums(dict(zip(lists["conversations"], pairs, strict=True)))
