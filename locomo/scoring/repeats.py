"""Scores of the same questions asked several times: averaged for the means, held apart for their spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from locomo.schema import Score
from locomo.schema.prediction import base_configuration
from locomo.scoring.metric import METRICS
from locomo.scoring.statistics import Spread, spread
from locomo.scoring.summary import values


def averaged(scores: Sequence[Score]) -> list[Score]:
    """Return one score a question and configuration: the means over its repeats; an error if one of them has one.

    Without repeats, the scores as they are.
    """
    repeated: dict[tuple[str, str], list[Score]] = {}
    for score in scores:
        repeated.setdefault((score.id, base_configuration(score.configuration)), []).append(score)
    return [_averaged(configuration, members) for (_, configuration), members in repeated.items()]


def spreads(scores: Sequence[Score]) -> dict[str, dict[str, Spread]]:
    """Return {metric: {configuration: spread}} of the configurations that were asked several times."""
    runs: dict[str, dict[str, list[Score]]] = {}
    for score in scores:
        runs.setdefault(base_configuration(score.configuration), {}).setdefault(score.configuration, []).append(score)
    found: dict[str, dict[str, Spread]] = {}
    for metric in METRICS:
        for configuration, repeats in runs.items():
            if len(repeats) < 2:
                continue
            columns = [
                {score.id: value for score, value in zip(members, values(members, metric), strict=True)}
                for members in repeats.values()
            ]
            rows = [[column.get(question_id) for column in columns] for question_id in columns[0]]
            table = [row for row in rows if None not in row]
            if len(table) >= 2:
                found.setdefault(metric, {})[configuration] = spread(np.array(table, dtype=np.float64))
    return found


def _averaged(configuration: str, scores: Sequence[Score]) -> Score:
    first = scores[0]
    if len(scores) == 1:
        return first
    means: dict[str, Any] = {
        metric: sum(found) / len(found)
        for metric in METRICS
        if (found := [value for score in scores if (value := getattr(score, metric)) is not None])
    }
    error = next((score.error for score in scores if score.error is not None), None)
    return first.model_copy(update={**means, "configuration": configuration, "error": error})
