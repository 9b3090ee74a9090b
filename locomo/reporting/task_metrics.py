"""metrics/events.json and metrics/dialogue.json: what a model earned in the other two tasks of the benchmark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from locomo.reporting.metrics import DECIMALS
from locomo.schema.prediction import Usage
from locomo.schema.task_score import TaskScore
from locomo.scoring.statistics import Estimate
from locomo.scoring.task_means import Estimates, errors_of, task_estimates


def task_file(
    card: Mapping[str, Any],
    task: str,
    scores: Sequence[TaskScore],
    calls: Sequence[tuple[str, Usage]] = (),
) -> dict[str, Any]:
    """Return what identifies the run, and under `task` configuration → part → metric → mean.

    Beside it are half the widths of the 95% intervals, clustered by conversation, how many pieces were scored and how
    many of them are of failed calls (zeros where the task is off), and what the `calls` take when nothing is cached:
    pairs of configuration and usage.
    """
    estimates = task_estimates(scores)
    counts: dict[str, Any] = {"all": {"n": len(scores), "errors": sum(score.error is not None for score in scores)}}
    for name, parts in errors_of(scores).items():
        counts[name] = {part: {"n": _count(scores, name, part), "errors": errors} for part, errors in parts.items()}
    contents = {**card, f"{task}_scored": counts}
    if scores:
        contents[task] = _values(estimates, lambda found: found.mean)
        contents[f"{task}_half_interval"] = _values(estimates, lambda found: found.half)
        contents[f"{task}_usage"] = call_usage(calls)
    return contents


def _values(estimates: Estimates, of: Callable[[Estimate], float | None]) -> dict[str, Any]:
    return {
        name: {
            part: {
                metric: round(value, DECIMALS) for metric, found in metrics.items() if (value := of(found)) is not None
            }
            for part, metrics in parts.items()
        }
        for name, parts in estimates.items()
    }


def call_usage(calls: Sequence[tuple[str, Usage]]) -> dict[str, dict[str, float]]:
    """Return calls, tokens and, where all prices are known, US dollars by configuration."""
    found: dict[str, dict[str, float]] = {}
    for name in dict.fromkeys(name for name, _ in calls):
        its = [usage for other, usage in calls if other == name]
        found[name] = {
            "calls": len(its),
            "input_tokens": sum(usage.input_tokens for usage in its),
            "output_tokens": sum(usage.output_tokens for usage in its),
        }
        known = [usage.cost_usd for usage in its if usage.cost_usd is not None]
        if len(known) == len(its):
            found[name]["cost_usd"] = round(sum(known), 6)
    return found


def _count(scores: Sequence[TaskScore], configuration: str, part: str) -> int:
    return sum((score.configuration, score.part) == (configuration, part) for score in scores)
