"""What git tracks of a run: small JSON files of means, and the rows behind the plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from locomo.schema import Prediction, Score, Usage, Verdict
from locomo.scoring import FAMILIES, OVERALL, by_configuration
from locomo.scoring.judging import Key

DECIMALS: Final = 4
CARD: Final = ("dataset", "model", "protocol")
"""What identifies a run, in every file; a protocol card (see `card`) stands beside it."""
PLOTTED: Final = ("f1", "recall")


def metric_files(
    card: Mapping[str, Any], scores: Sequence[Score], names: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return {file name: contents}: what identifies the run, then metric → configuration → category → mean.

    `names` are the public names of the metrics. Where a metric does not apply (recall without retrieval, ROUGE in
    category 5) there is no number.
    """
    means = by_configuration(scores)
    files = {}
    for family, metrics in FAMILIES.items():
        contents: dict[str, Any] = dict(card)
        for metric in metrics:
            found = {
                configuration: {
                    group: round(values[metric], DECIMALS)
                    for group, values in groups.items()
                    if values[metric] is not None
                }
                for configuration, groups in means.items()
            }
            if any(found.values()):
                contents[names[metric]] = {configuration: values for configuration, values in found.items() if values}
        files[f"{family}.json"] = contents
    return files


def usage_file(
    card: Mapping[str, Any], predictions: Iterable[Prediction], verdicts: Mapping[Key, Verdict] | None = None
) -> dict[str, Any]:
    """Return what the answers take when nothing is cached: questions, failed calls, tokens, US dollars.

    By configuration; where a price is not known there are no dollars. What failed for good counts with what its
    provider has said that it took. Where a judge was asked, `judge` is what its `verdicts` take.
    """
    usage: dict[str, Counter[str]] = {}
    dollars: dict[str, list[float | None]] = {}
    seen: set[tuple[str, str]] = set()
    for row in predictions:
        usage.setdefault(row.configuration, Counter()).update(
            questions=(row.configuration, row.id) not in seen,
            errors=row.error is not None,
            input_tokens=row.usage.input_tokens,
            output_tokens=row.usage.output_tokens,
        )
        seen.add((row.configuration, row.id))
        if row.error is None or row.usage.cost_usd is not None:
            dollars.setdefault(row.configuration, []).append(row.usage.cost_usd)
    found: dict[str, dict[str, float]] = {}
    for configuration, counts in usage.items():
        found[configuration] = dict(counts)
        costs = dollars.get(configuration, [])
        known = [cost for cost in costs if cost is not None]
        if len(known) == len(costs):
            found[configuration]["cost_usd"] = round(sum(known), 6)
    judge = {"judge": _judge_usage(verdicts)} if verdicts else {}
    return {**card, "usage": found, **judge}


def _judge_usage(verdicts: Mapping[Key, Verdict]) -> dict[str, dict[str, float]]:
    groups: dict[str, list[Verdict]] = {}
    for (_, configuration), verdict in verdicts.items():
        groups.setdefault(configuration, []).append(verdict)
    found: dict[str, dict[str, float]] = {}
    for configuration, members in groups.items():
        taken = [verdict.usage or Usage(cost_usd=0.0) for verdict in members]
        found[configuration] = {
            "answers": len(members),
            "without_verdict": sum(verdict.correct is None for verdict in members),
            "input_tokens": sum(usage.input_tokens for usage in taken),
            "output_tokens": sum(usage.output_tokens for usage in taken),
        }
        known = [usage.cost_usd for usage in taken if usage.cost_usd is not None]
        if len(known) == len(taken):
            found[configuration]["cost_usd"] = round(sum(known), 6)
    return found


def plot_rows(scores: Sequence[Score], metric: str) -> list[dict[str, Any]]:
    """Return one row a bar: a label (category, configuration) and the number."""
    means = by_configuration(scores)
    rows = [
        {"bar": f"{group} · {configuration}", metric: round(values[metric], DECIMALS)}
        for configuration, groups in means.items()
        for group, values in groups.items()
        if group != OVERALL and values[metric] is not None
    ]
    return sorted(rows, key=lambda row: str(row["bar"]))
