"""Means of scores as one table, for the terminal and for notebooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.schema import CATEGORIES, category_name, category_of
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
_ABSTENTION = {category_name(number) for number in CATEGORIES if category_of(number).abstention}
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
    LoCoMo's categories are columns with their F1; those of other datasets, up to ten, are rows.
    """
    if any(group not in _HEADERS for groups in means.values() for group in groups):
        return _table_of_rows(means, names, halves or {}, width)
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
    _explain(table, means)
    return table


def _table_of_rows(
    means: Mapping[str, Mapping[str, Mapping[str, Any]]],
    names: Mapping[str, str],
    halves: Mapping[str, float | None],
    width: int | None,
) -> Table:
    """Return the table with a row for each category below that of its configuration."""
    beside = _judged(means) | {"recall": "recall"} | (_OVERLAP if width is None or width >= width_of(means) else {})
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(f"{names['f1']}, %", no_wrap=True)
    for name in ("questions", "F1", *beside.values(), "failed"):
        table.add_column(name, justify="right", no_wrap=True)
    for configuration, groups in means.items():
        for group, values in groups.items():
            half = _half(halves.get(configuration)) if group == OVERALL else ""
            failed, n = values.get("errors"), values.get("n")  # files of means have them for all together
            table.add_row(
                configuration if group == OVERALL else f"  {group.replace('_', '-')}",
                "" if n is None else f"{n:,}",
                _percent(values.get("f1")) + half,
                *(_percent(values.get(metric)) for metric in beside),
                f"[red]{failed}[/red]" if failed else "" if failed is None else "0",
                style="bold" if group == OVERALL else None,
            )
    _explain(table, means)
    return table


def _explain(table: Table, means: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Say below the table why an accuracy is missing, where one is."""
    overalls = [groups[OVERALL] for groups in means.values()]
    if _judged(means) and any(each.get("judged") is None and each.get("no_verdict") for each in overalls):
        table.caption = f"No accuracy where more than {MOST_WITHOUT:.0%} of the questions have no verdict."
        table.caption_justify = "left"


def width_of(means: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> int:
    """Return how many columns the whole table takes."""
    return _WIDTH_OF_ALL + len(_judged(means)) * _WIDTH_OF_JUDGE


def _judged(means: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> dict[str, str]:
    """Return the columns of a judge: none where none was asked."""
    overalls = [groups[OVERALL] for groups in means.values()]
    if all(overall.get("no_verdict") is None and overall.get("judged") is None for overall in overalls):
        return {}
    found = {group for groups in means.values() for group in groups}
    every = {"judged_all": "judge,\nall"} if found & _ABSTENTION else {}
    ours = "judge,\n1-4" if every and found <= _HEADERS.keys() else "judge"
    return {"judged": ours, **every, "no_verdict": "no\nverdict"}


def _half(value: float | None) -> str:
    return "" if value is None else f" ±{100 * value:.1f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
