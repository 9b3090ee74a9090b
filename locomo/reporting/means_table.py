"""Means of scores as one table, for the terminal and for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.scoring import OVERALL
from locomo.scoring.judging import MOST_WITHOUT

_HEADERS = {
    "multi_hop": "multi-\nhop",
    "temporal": "temporal",
    "open_domain": "open-\ndomain",
    "single_hop": "single-\nhop",
    "adversarial": "adver-\nsarial",
    OVERALL: OVERALL,
}
_OVERLAP = {"rougeL": "rouge_l", "bertscore_f1": "bert-\nscore"}
_WIDTH_OF_ALL = 102
"""Columns that the whole table takes; a narrower terminal gets it without ROUGE and BERTScore."""

_WIDTH_OF_JUDGE = 8
_WIDTH_WITHOUT_OVERLAP = 88
"""With less, the heading takes a line more, and no column says that nothing failed."""


def means_table(
    means: Mapping[str, Mapping[str, Mapping[str, Any]]],
    names: Mapping[str, str],
    halves: Mapping[str, float | None] | None = None,
    *,
    width: int | None = None,
) -> Table:
    """Return {configuration: {group: {metric: mean in [0, 1]}}} in percent; failed calls in red.

    `names` are the public names of the metrics. `halves` of 95% intervals stand behind the overall means of their
    configurations. A judge's accuracies are columns where there was one, with the share of questions without a verdict;
    unknown (–) where that is too large.
    With less than `width_of` columns, ROUGE and BERTScore are left out; 80 are enough where there was no judge.
    """
    overalls = [groups[OVERALL] for groups in means.values()]
    judged = _judged(means)
    beside = judged | {"recall": "recall"} | (_OVERLAP if width is None or width >= width_of(means) else {})
    questions = " or ".join(sorted({f"{overall['n']} questions" for overall in overalls}))
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=0, pad_edge=False)
    narrow = width is not None and width < _WIDTH_WITHOUT_OVERLAP + len(judged) * _WIDTH_OF_JUDGE
    with_failed = not narrow or any(overall["errors"] for overall in overalls)
    table.add_column(f"{names['f1']}\n{questions}, %" if narrow else f"{names['f1']}, %\n{questions}", no_wrap=True)
    for name in (*_HEADERS.values(), *beside.values(), *(["failed"] if with_failed else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for configuration, groups in means.items():
        overall = groups[OVERALL]
        failed = overall["errors"]
        table.add_row(
            configuration,
            *(_percent(groups.get(group, {}).get("f1")) for group in _HEADERS if group != OVERALL),
            _percent(overall.get("f1")) + _half((halves or {}).get(configuration)),
            *(_percent(overall.get(metric)) for metric in beside),
            *([f"[red]{failed}[/red]" if failed else "0"] if with_failed else []),
        )
    if judged and any(overall.get("judged") is None and overall.get("no_verdict") for overall in overalls):
        table.caption = f"No accuracy where more than {MOST_WITHOUT:.0%} of the questions have no verdict."
        table.caption_justify = "left"
    return table


def width_of(means: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> int:
    """Return how many columns the whole table takes."""
    return _WIDTH_OF_ALL + len(_judged(means)) * _WIDTH_OF_JUDGE


def _judged(means: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return the columns of a judge: none where none was asked."""
    overalls = [groups[OVERALL] for groups in means.values()]
    if all(overall.get("no_verdict") is None and overall.get("judged") is None for overall in overalls):
        return {}
    every = {"judged_all": "judge,\nall"} if any("adversarial" in groups for groups in means.values()) else {}
    return {"judged": "judge,\n1-4" if every else "judge", **every, "no_verdict": "no\nverdict"}


def _half(value: float | None) -> str:
    return "" if value is None else f" ±{100 * value:.1f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
