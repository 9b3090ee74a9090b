"""What git tracks beside the means: how sure they are, and sums by conversation from which runs can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.files import read_json
from locomo.scoring import OVERALL, field_of
from locomo.scoring.statistics import LEVEL, Clusters, Estimate, Spread, estimate
from locomo.scoring.sums import Sums

DECIMALS: Final = 4
SUM_DECIMALS: Final = 6


def interval_values(found: Estimate) -> dict[str, float | int]:
    """Return a mean, its clustered standard error and its 95% interval as JSON values, rounded."""
    values = {"mean": found.mean, "se": found.se, "low": found.low, "high": found.high}
    rounded = {name: round(value, DECIMALS) for name, value in values.items() if value is not None}
    return {**rounded, "n": found.n, "conversations": found.conversations}


def intervals_file(
    card: Mapping[str, Any], sums: Sums, spreads: Mapping[str, Mapping[str, Spread]], names: Mapping[str, str]
) -> dict[str, Any]:
    """Return what identifies the run, and metric → configuration → category → interval.

    `names` are the public names of the metrics.
    Where questions were asked several times, also the standard deviation between runs, apart from that of questions.
    """
    intervals = {
        names[metric]: {
            configuration: {group: interval_values(estimate(clusters)) for group, clusters in by_group.items()}
            for configuration, by_group in configurations.items()
        }
        for metric, configurations in sums.items()
    }
    contents = {**card, "level": LEVEL, "intervals": intervals}
    if spreads:
        contents["repeats"] = {
            names[metric]: {
                configuration: {name: round(value, SUM_DECIMALS) for name, value in asdict(found).items()}
                for configuration, found in configurations.items()
            }
            for metric, configurations in spreads.items()
        }
    return contents


def read_halves(path: Path, metric: str) -> dict[str, float | None]:
    """Return half the width of the overall mean's interval, by configuration, from a file of `intervals_file`."""
    by_name = read_json(path)["intervals"]
    configurations: dict[str, Any] = next((found for name, found in by_name.items() if field_of(name) == metric), {})
    found = {configuration: by_group.get(OVERALL, {}) for configuration, by_group in configurations.items()}
    return {name: v["high"] - v["mean"] if "high" in v else None for name, v in found.items()}


def sums_file(card: Mapping[str, Any], sums: Sums, names: Mapping[str, str]) -> dict[str, Any]:
    """Return what identifies the run, and metric → configuration → category → sums and questions by conversation.

    `names` are the public names of the metrics. A category that a conversation lacks has 0 there; 'overall' is the sum
    of the categories.
    """
    every = [clusters for found in sums.values() for by_group in found.values() for clusters in by_group.values()]
    conversations = list(dict.fromkeys(name for clusters in every for name in clusters.names))
    return {
        **card,
        "conversations": conversations,
        "sums": {
            names[metric]: {
                configuration: {
                    group: _lists(clusters, conversations) for group, clusters in by_group.items() if group != OVERALL
                }
                for configuration, by_group in configurations.items()
            }
            for metric, configurations in sums.items()
        },
    }


def sums_from(contents: Any, where: str) -> dict[str, dict[str, dict[str, Clusters]]]:
    """Return the sums in such a file, by the fields of `Score`; InputError, starting with `where`, for another one."""
    try:
        names = contents["conversations"]
        return {
            field: {
                configuration: _with_overall(
                    {
                        group: dict(zip(names, zip(lists["sums"], lists["questions"], strict=True), strict=True))
                        for group, lists in by_group.items()
                    }
                )
                for configuration, by_group in configurations.items()
            }
            for name, configurations in contents["sums"].items()
            if (field := field_of(name)) is not None
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise InputError(f"{where}: expected what the score stage writes there; run `dvc repro` there again") from None


def _lists(clusters: Clusters, names: list[str]) -> dict[str, list[float]]:
    sums = dict(zip(clusters.names, clusters.sums.tolist(), strict=True))
    counts = dict(zip(clusters.names, clusters.counts.tolist(), strict=True))
    return {
        "sums": [round(sums.get(name, 0.0), SUM_DECIMALS) for name in names],
        "questions": [counts.get(name, 0) for name in names],
    }


def _with_overall(by_group: dict[str, dict[str, tuple[float, int]]]) -> dict[str, Clusters]:
    together: dict[str, tuple[float, int]] = {}
    for pairs in by_group.values():
        for name, (total, count) in pairs.items():
            before = together.get(name, (0.0, 0))
            together[name] = before[0] + total, before[1] + count
    return {OVERALL: Clusters.from_sums(together)} | {
        group: Clusters.from_sums(pairs) for group, pairs in by_group.items()
    }
