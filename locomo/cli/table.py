"""Means of scores as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from locomo.scoring import OVERALL

_HEADERS = {
    "multi_hop": "multi-\nhop",
    "temporal": "temporal",
    "open_domain": "open-\ndomain",
    "single_hop": "single-\nhop",
    "adversarial": "adver-\nsarial",
    OVERALL: OVERALL,
}
_OVERLAP = {"rougeL": "rouge_l", "bertscore_f1": "bert-\nscore"}
_WIDTH_OF_ALL = 100
"""Columns that the whole table takes; a narrower terminal gets it without ROUGE and BERTScore."""

_WIDTH_OF_JUDGE = 8


def print_means(
    means: Mapping[str, Mapping[str, Mapping[str, Any]]],
    names: Mapping[str, str],
    halves: Mapping[str, float | None] | None = None,
) -> None:
    """Print {configuration: {group: {metric: mean in [0, 1]}}} in percent; failed calls in red.

    `names` are the public names of the metrics. `halves` of 95% intervals stand behind the overall means of their
    configurations. A judge's accuracy is a column where there was one.
    """
    judged = {"judged": "judge"} if any(groups[OVERALL].get("judged") is not None for groups in means.values()) else {}
    width = _WIDTH_OF_ALL + len(judged) * _WIDTH_OF_JUDGE
    console = Console()
    if not console.is_terminal:
        console = Console(width=width)
    beside = judged | {"recall": "recall"} | (_OVERLAP if console.width >= width else {})
    questions = " or ".join(sorted({f"{groups[OVERALL]['n']} questions" for groups in means.values()}))
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=0, pad_edge=False)
    table.add_column(f"{names['f1']}, %\n{questions}", no_wrap=True)
    for name in (*_HEADERS.values(), *beside.values(), "failed"):
        table.add_column(name, justify="right")
    for configuration, groups in means.items():
        overall = groups[OVERALL]
        failed = overall["errors"]
        table.add_row(
            configuration,
            *(_percent(groups.get(group, {}).get("f1")) for group in _HEADERS if group != OVERALL),
            _percent(overall.get("f1")) + _half((halves or {}).get(configuration)),
            *(_percent(overall.get(metric)) for metric in beside),
            f"[red]{failed}[/red]" if failed else "0",
        )
    console.print(table)


def _half(value: float | None) -> str:
    return "" if value is None else f" ±{100 * value:.1f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"
