"""The tables of the tasks `events` and `dialogue`, for the report and `locomo results`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

TITLES: Final = {"events": "Event summaries", "dialogue": "Dialogue"}
OF: Final = {
    "conversation": "each speaker of each conversation",
    "session": "each speaker of each session",
    "turns": "each turn",
}
"""What a part's numbers are means over."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One configuration: a cell for each metric, '–' where one does not apply."""

    name: str
    cells: list[str]
    n: int
    errors: int


@dataclass(frozen=True, slots=True)
class TaskTable:
    """One part of a task, such as summaries by conversation."""

    title: str
    over: str
    metrics: list[str]
    lines: list[TaskLine]


def task_tables(files: Mapping[str, Mapping[str, Any]]) -> list[TaskTable]:
    """Return a table for each part of each task that was run, from the contents of the tasks' files in metrics/."""
    return [
        _table(task, part, contents)
        for task, contents in files.items()
        for part in dict.fromkeys(part for parts in contents.get(task, {}).values() for part in parts)
    ]


def _table(task: str, part: str, contents: Mapping[str, Any]) -> TaskTable:
    means: Mapping[str, Mapping[str, Any]] = contents[task]
    halves = contents.get(f"{task}_half_interval", {})
    counts = contents[f"{task}_scored"]
    metrics = list(dict.fromkeys(metric for parts in means.values() for metric in parts.get(part, {})))
    lines = []
    for name, parts in means.items():
        if part in parts:
            half = halves.get(name, {}).get(part, {})
            count = counts[name][part]
            lines.append(TaskLine(name, _cells(metrics, parts[part], half), count["n"], count["errors"]))
    return TaskTable(TITLES.get(task, task), OF.get(part, part), metrics, lines)


def _cells(metrics: Sequence[str], means: Mapping[str, float], halves: Mapping[str, float]) -> list[str]:
    return [_cell(means.get(metric), halves.get(metric)) for metric in metrics]


def _cell(mean: float | None, half: float | None) -> str:
    if mean is None:
        return "–"
    return f"{100 * mean:.1f}" if half is None else f"{100 * mean:.1f} ±{100 * half:.1f}"
