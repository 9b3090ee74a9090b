"""The tasks `events` and `dialogue` of two runs side by side, by the machinery of the questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from locomo.dataset.rows import row_of
from locomo.files import read_jsonl
from locomo.reporting.comparison.line import Basis, ComparedLine
from locomo.reporting.comparison.pair import Pair
from locomo.reporting.task_sums import task_sums_from
from locomo.reporting.task_tables import OF, TITLES
from locomo.schema.task_score import TaskScore
from locomo.scoring.statistics import Clusters
from locomo.scoring.task_comparison import compare_metrics, paired_sums, primary_of
from locomo.scoring.task_means import TaskSums, task_sums

FOLDERS: Final = ("data/scores", "scores", "")


@dataclass(frozen=True)
class TaskRun:
    """What a run earned in one task, as far as it is known."""

    means: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Configuration → part → metric → mean."""
    sums: TaskSums = field(default_factory=dict)
    """Empty where only means are known."""
    scores: Sequence[TaskScore] = ()
    """Empty where the rows are not here."""


@dataclass(frozen=True, slots=True)
class TaskComparison:
    """One part of a task, such as event summaries by conversation: a line for each configuration and metric."""

    task: str
    part: str
    title: str
    over: str
    """What its numbers are means over."""
    primary: str
    """The metric that decides; the others are adjusted for their number."""
    basis: Basis
    lines: list[ComparedLine]
    """A line's `category` is its metric."""
    notes: list[str]

    @property
    def configurations(self) -> list[str]:
        """Of the lines, each once."""
        return list(dict.fromkeys(line.configuration for line in self.lines))


def task_runs(root: Path, files: Mapping[str, Any], sums: Any, where: str) -> dict[str, TaskRun]:
    """Return what a folder has of each task: rows of scores, else sums by conversation, else means.

    `files` are the contents of the files of metrics/ by name, `sums` those of conversations.json. InputError, starting
    with `where`, for files of another form.
    """
    known = task_sums_from(sums or {}, where)
    found = {}
    for task in TITLES:
        path = next((p for each in FOLDERS if (p := root / each / f"{task}.jsonl").is_file()), None)
        scores = [] if path is None else read_task_scores(path)
        if scores:
            found[task] = task_run(scores)
        elif task in known:
            found[task] = TaskRun(_means(known[task]), known[task])
        else:
            found[task] = TaskRun(files.get(f"{task}.json", {}).get(task, {}))
    return {task: run for task, run in found.items() if run.means}


def task_run(scores: Sequence[TaskScore]) -> TaskRun:
    """Return what is known of a task from its scores."""
    sums = task_sums(scores)
    return TaskRun(_means(sums), sums, scores)


def _means(sums: TaskSums) -> dict[str, dict[str, dict[str, float]]]:
    return {
        name: {
            part: {metric: float(found.sums.sum() / found.counts.sum()) for metric, found in metrics.items()}
            for part, metrics in parts.items()
        }
        for name, parts in sums.items()
    }


def read_task_scores(path: Path) -> list[TaskScore]:
    """Read rows as the score stage writes them; InputError for others."""
    return [row_of(TaskScore, value, f"{path}, row {number}") for number, value in read_jsonl(path)]


def is_in_task(before: Mapping[str, TaskRun], after: Mapping[str, TaskRun], task: str, pair: Pair) -> bool:
    """Whether both configurations of a pair are of one task."""
    return task in before and task in after and pair.before in before[task].means and pair.after in after[task].means


def compare_tasks(
    before: Mapping[str, TaskRun], after: Mapping[str, TaskRun], wanted: Sequence[str] | None
) -> list[TaskComparison]:
    """Compare each part of each task that both runs have, on the best basis that both have.

    `wanted` are names of configurations, or pairs 'base=summary_k1', those of other tasks among them; None for all that
    both have.
    """
    found = []
    for task in TITLES:
        if task not in before or task not in after:
            continue
        pairs = _pairs(list(before[task].means), list(after[task].means), wanted)
        parts = dict.fromkeys(
            part for pair in pairs for part in before[task].means[pair.before] if part in after[task].means[pair.after]
        )
        for part in parts:
            compared = _part(task, part, before[task], after[task], pairs)
            found += [compared] if compared.lines else []
    return found


def _pairs(olds: Sequence[str], news: Sequence[str], wanted: Sequence[str] | None) -> list[Pair]:
    if wanted is None:
        return [Pair(name, name) for name in olds if name in news]
    named = [(old, new or old) for old, _, new in (name.partition("=") for name in wanted)]
    return [Pair(old, new) for old, new in named if old in olds and new in news]


def _part(task: str, part: str, before: TaskRun, after: TaskRun, pairs: Sequence[Pair]) -> TaskComparison:
    basis: Basis = "means"
    if before.scores and after.scores:
        basis = "questions"
    elif before.sums and after.sums:
        basis = "conversations"
    lines: list[ComparedLine] = []
    notes: list[str] = []
    metrics: list[str] = []
    for pair in pairs:
        olds, news = (run.means[name].get(part, {}) for run, name in ((before, pair.before), (after, pair.after)))
        common = [metric for metric in olds if metric in news]
        if not common:
            continue
        metrics += common
        sums = {} if basis == "means" else _sums(before, after, pair, part, basis)
        changes = compare_metrics(sums, part=part, configuration=pair.name)
        for metric in _ordered(part, common):
            if metric in changes:
                lines.append(replace(ComparedLine.of(changes[metric]), category=metric))
            else:
                old, new = olds[metric], news[metric]
                lines.append(ComparedLine(pair.name, metric, old, new, new - old, "unknown"))
        bare = [metric for metric in common if metric not in changes]
        if bare and basis != "means":
            notes.append(
                f"{pair.name}: {', '.join(bare)}: the runs have values of other places, so that there are no paired "
                "differences."
            )
        notes += _rest(before, after, pair, part)
    primary = primary_of(part, metrics) if metrics else ""
    return TaskComparison(task, part, TITLES[task], OF.get(part, part), primary, basis, lines, notes)


def _ordered(part: str, metrics: Sequence[str]) -> list[str]:
    primary = primary_of(part, metrics)
    return [primary, *(metric for metric in metrics if metric != primary)]


def _sums(before: TaskRun, after: TaskRun, pair: Pair, part: str, basis: Basis) -> dict[str, tuple[Clusters, Clusters]]:
    if basis == "questions":
        return paired_sums(_of(before, pair.before, part), _of(after, pair.after, part))
    olds, news = before.sums[pair.before].get(part, {}), after.sums[pair.after].get(part, {})
    return {metric: (olds[metric], news[metric]) for metric in olds if metric in news}


def _rest(before: TaskRun, after: TaskRun, pair: Pair, part: str) -> list[str]:
    """Say where one run has places that the other lacks, which are left out, and where calls have failed."""
    sides = [_of(before, pair.before, part), _of(after, pair.after, part)]
    olds, news = ({(score.sample_id, score.place) for score in side} for side in sides)
    failed = [sum(score.error is not None for score in side) for side in sides]
    notes = []
    if olds and news and olds != news:
        notes.append(
            f"{pair.name}: {len(olds & news):,} places are in both runs ({len(olds):,} before, {len(news):,} after), "
            "the rest is left out."
        )
    if any(failed):
        notes.append(f"{pair.name}: {failed[0]:,} places are of failed calls before, {failed[1]:,} after.")
    return notes


def _of(run: TaskRun, configuration: str, part: str) -> list[TaskScore]:
    return [score for score in run.scores if (score.configuration, score.part) == (configuration, part)]
