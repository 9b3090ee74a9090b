"""Recall and ranking measures as git tracks them, and the points of their curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from locomo.scoring import OVERALL
from locomo.scoring.ranking import MEASURES, Evaluation

PLOTTED_KS: Final = (1, 2, 5, 10, 25, 50, 100)
DECIMALS: Final = 4


def retrieval_file(card: Mapping[str, Any], evaluations: Mapping[str, Evaluation]) -> dict[str, Any]:
    """Return what git tracks: what identifies the run, then measure → unit → k → group → mean (recall by category)."""
    contents: dict[str, Any] = dict(card)
    for measure in MEASURES:
        contents[measure] = {}
        for unit, found in evaluations.items():
            means = found.means(measure)
            groups = means if measure == "recall" else {OVERALL: means[OVERALL]}
            contents[measure][unit] = {
                f"k{k}": {group: round(values[column], DECIMALS) for group, values in groups.items()}
                for column, k in enumerate(found.ks)
            }
    return contents


def recall_rows(evaluations: Mapping[str, Evaluation]) -> list[dict[str, Any]]:
    """Return the points of the curves: one row a kind of unit, group and k."""
    return [
        {"unit": unit, "category": group, "k": k, "recall": round(values[column], DECIMALS)}
        for unit, found in evaluations.items()
        for group, values in found.means("recall").items()
        for column, k in enumerate(found.ks)
    ]
