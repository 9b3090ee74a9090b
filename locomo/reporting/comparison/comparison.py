"""All that is said of two runs, as values: every way of showing it says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.reporting.comparison.flips import Flip, flips
from locomo.reporting.comparison.line import Basis, ComparedLine
from locomo.reporting.comparison.pair import Pair
from locomo.reporting.comparison.run import Run
from locomo.reporting.comparison.tasks import TaskComparison, compare_tasks, is_in_task
from locomo.reporting.shown import Shown
from locomo.schema.prediction import ALWAYS_REFUSE
from locomo.scoring import METRICS, OVERALL, field_of
from locomo.scoring.comparison import PRIMARY, Verdict, compare_clusters, compare_scores
from locomo.scoring.metric import NAMES

RESOLVED: Final = "resolved"
"""The hash of what names stand for."""
_SECTIONS: Final = ("answer.", "caption.", "dialogue.", "embed.", "events.", "memory.", "rag.")
UNDER_TEST: Final = (*_SECTIONS, "baselines", "model", "repeats", RESOLVED, "seed")
"""What runs are made to compare; where the rest of their cards differs, they may not be comparable."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key of the cards whose values differ; None where a card lacks it."""

    key: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a configuration takes when nothing is cached; dollars are None where a price is not known."""

    configuration: str
    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True, slots=True, repr=False)
class Comparison:
    """Two runs side by side; `notes` are sentences for the reader."""

    before: str
    after: str
    metric: str
    """A field of `Score`."""
    metric_name: str
    """What it is: 'f1_stemmed_multiset'; both names where the runs mean different things by it."""
    basis: Basis
    """What the verdicts are made from: the questions, their sums by conversation, or nothing but means."""
    card_differences: list[Difference]
    lines: list[ComparedLine]
    flips: list[Flip]
    costs: list[Cost]
    only_before: list[str]
    only_after: list[str]
    notes: list[str]
    tasks: list[TaskComparison] = field(default_factory=list)
    """A table for each part of the tasks `events` and `dialogue` that both runs have."""

    @property
    def same_cards(self) -> bool:
        """Whether both runs have cards, and these say the same."""
        return not self.card_differences and not any("has no card" in note for note in self.notes)

    @property
    def overall(self) -> list[ComparedLine]:
        """The lines of all questions together."""
        return [line for line in self.lines if line.category == OVERALL]

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """{configuration: 'better', 'worse', 'noise' or 'unknown'}, of all questions together."""
        return {line.configuration: line.verdict for line in self.overall}

    def table(self) -> Shown:
        """Return both values, their difference with its interval, p and the verdict, by configuration and category."""
        from locomo.reporting.comparison import words
        from locomo.reporting.comparison.lines_table import lines_table

        differ = [f"{each.key}: {each.before or '–'} → {each.after or '–'}" for each in self.card_differences]
        notes = ([f"The runs differ in {'; '.join(differ)}."] if differ else []) + self.notes + [words.rule(self)]
        return Shown(lines_table(self), f"{self.before} → {self.after}", notes)

    def to_pandas(self) -> Any:
        """Return a pandas DataFrame with a row for each configuration and category (the fields of `ComparedLine`)."""
        import pandas

        return pandas.DataFrame([asdict(line) for line in self.lines])

    def __repr__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def compare(
    before: Run, after: Run, *, metric: str = PRIMARY, configurations: Sequence[str] | None = None
) -> Comparison:
    """Compare two runs in one metric, on the best basis that both have.

    `configurations` are names, or pairs 'qa=rag_dialog_k5'; None for all that both have. InputError if a name is
    unknown or the runs have nothing in common.
    """
    metric = _field(metric)
    pairs = _pairs(before, after, configurations)
    basis = _basis(before, after)
    lines, notes = [], []
    for pair in pairs:
        found, note = _lines(before, after, pair, metric, basis)
        lines += found
        notes += [note] if note else []
        notes += _failures(before, after, pair) + _repeats(before, after, pair)
    tasks = compare_tasks(before.tasks, after.tasks, configurations)
    if not lines and not (configurations and tasks):
        raise InputError(
            f"'{before.name}' and '{after.name}' have no question in common that has {metric}; "
            "are they runs on the same dataset?"
        )
    differences = _card_differences(before, after)
    return Comparison(
        before=before.name,
        after=after.name,
        metric=metric,
        metric_name=_name(before, after, metric),
        basis=basis,
        card_differences=differences,
        lines=lines,
        flips=[flip for pair in pairs for flip in flips(before, after, pair, metric)],
        costs=[
            Cost(pair.name, dict(before.usage.get(pair.before, {})), dict(after.usage.get(pair.after, {})))
            for pair in pairs
        ],
        only_before=_alone(before, after, [pair.before for pair in pairs]),
        only_after=_alone(after, before, [pair.after for pair in pairs]),
        notes=_notes(before, after, differences, basis) + notes,
        tasks=tasks,
    )


def _alone(run: Run, other: Run, paired: Sequence[str]) -> list[str]:
    """Return the configurations of a run that the other one lacks and that are compared with none of its."""
    return [name for name in run.configurations if name not in other.configurations and name not in paired]


def _field(metric: str) -> str:
    if (field := field_of(metric)) not in METRICS:
        known = [*METRICS, *NAMES.values()]
        raise InputError(f"--metric {metric}: expected one of {', '.join(METRICS)}{did_you_mean(metric, known)}")
    return str(field)


def _name(before: Run, after: Run, metric: str) -> str:
    one, other = (run.names.get(metric) for run in (before, after))
    return f"{one} → {other}" if one and other and one != other else other or one or NAMES[metric]


def _pairs(before: Run, after: Run, wanted: Sequence[str] | None) -> list[Pair]:
    olds, news = before.configurations, after.configurations
    if wanted:
        pairs = []
        for name in wanted:
            old, _, new = name.partition("=")
            pair = Pair(old, new or old)
            if pair.before in olds and pair.after in news:
                pairs.append(pair)
            elif not any(is_in_task(before.tasks, after.tasks, task, pair) for task in before.tasks):
                _complain(name, ((before, pair.before), (after, pair.after)))
        return pairs
    olds, news = ([name for name in names if name != ALWAYS_REFUSE] for names in (olds, news))  # which never changes
    pairs = [Pair(name, name) for name in olds if name in news]
    if not pairs and len(olds) == len(news) == 1:  # two systems, each under a name of its own
        pairs = [Pair(olds[0], news[0])]
    if not pairs:
        raise InputError(
            f"'{before.name}' has {', '.join(olds)} and '{after.name}' has {', '.join(news)}: nothing of the same "
            "name; say what to compare with --configuration NAME=NAME"
        )
    return pairs


def _complain(name: str, sides: Sequence[tuple[Run, str]]) -> None:
    """InputError about a pair of which one side is unknown, or that is of two tasks."""
    for run, configuration in sides:
        known = [*run.configurations, *(each for task in run.tasks.values() for each in task.means)]
        if configuration not in known:
            raise InputError(
                f"--configuration {name}: '{run.name}' has no '{configuration}', expected one of "
                f"{', '.join(known)}{did_you_mean(configuration, known)}"
            )
    raise InputError(f"--configuration {name}: expected two configurations of the same task")


def _basis(before: Run, after: Run) -> Basis:
    if before.scores and after.scores:
        return "questions"
    return "conversations" if before.sums and after.sums else "means"


def _lines(before: Run, after: Run, pair: Pair, metric: str, basis: Basis) -> tuple[list[ComparedLine], str | None]:
    if basis == "questions":
        old = [score for score in before.scores if score.configuration == pair.before]
        new = [score for score in after.scores if score.configuration == pair.after]
        found = compare_scores(old, new, metric=metric, configuration=pair.name)
        common = len({score.id for score in old} & {score.id for score in new})
        note = None
        if common < max(len(old), len(new)):
            note = (
                f"{pair.name}: {common:,} questions are in both runs ({len(old):,} before, {len(new):,} after), "
                "the rest is left out."
            )
        return [ComparedLine.of(change) for change in found], note
    if basis == "conversations":
        olds, news = (run.sums.get(metric, {}) for run in (before, after))
        groups_before, groups_after = olds.get(pair.before, {}), news.get(pair.after, {})
        clusters = {name: (groups_before[name], groups_after[name]) for name in groups_before if name in groups_after}
        lines = [
            ComparedLine.of(change) for change in compare_clusters(clusters, metric=metric, configuration=pair.name)
        ]
        if lines:
            return lines, None
        note = f"{pair.name}: the runs are about other questions, so that there are no paired differences."
        return _bare(before, after, pair, metric), note if clusters else None
    return _bare(before, after, pair, metric), None


def _failures(before: Run, after: Run, pair: Pair) -> list[str]:
    failed = [
        int(run.usage.get(name, {}).get("errors", 0))
        or sum(score.error is not None for score in run.scores if score.configuration == name)
        for run, name in ((before, pair.before), (after, pair.after))
    ]
    if not any(failed):
        return []
    return [f"{pair.name}: {failed[0]:,} calls failed permanently before, {failed[1]:,} after; they count as 0."]


def _repeats(before: Run, after: Run, pair: Pair) -> list[str]:
    old, new = before.repeats.get(pair.before, 1), after.repeats.get(pair.after, 1)
    if old == new:
        return []
    return [
        f"{pair.name}: questions were asked {_times(old)} before and {_times(new)} after. Means over several "
        "answers vary less than single ones."
    ]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _bare(before: Run, after: Run, pair: Pair, metric: str) -> list[ComparedLine]:
    olds = before.means.get(metric, {}).get(pair.before, {})
    news = after.means.get(metric, {}).get(pair.after, {})
    return [
        ComparedLine(pair.name, group, value, news[group], news[group] - value, "unknown")
        for group, value in olds.items()
        if group in news
    ]


def _card_differences(before: Run, after: Run) -> list[Difference]:
    if not before.card or not after.card:
        return []
    keys = list(dict.fromkeys((*before.card, *after.card)))
    if _has_parameters(before) != _has_parameters(after):  # one card is older than the line of parameters
        keys = [key for key in keys if key in before.card and key in after.card]
    pairs = ((key, before.card.get(key), after.card.get(key)) for key in keys)
    found = [Difference(key, old, new) for key, old, new in pairs if old != new]
    others = [difference for difference in found if difference.key != RESOLVED]
    # What other names stand for is another thing, too: the hash says something new only if all names are the same.
    return others if any(difference.key.startswith(UNDER_TEST) for difference in others) else found


def _has_parameters(run: Run) -> bool:
    return any("." in key for key in run.card)


def _notes(before: Run, after: Run, differences: Sequence[Difference], basis: Basis) -> list[str]:
    notes = [
        f"'{run.name}' has no card: what it was made with is not known." for run in (before, after) if not run.card
    ]
    notes += [
        f"The card of '{run.name}' is an older one without its parameters: only what both cards say is compared."
        for run, other in ((before, after), (after, before))
        if run.card and not _has_parameters(run) and _has_parameters(other)
    ]
    changed = [difference.key for difference in differences if not difference.key.startswith(UNDER_TEST)]
    if changed:
        notes.append(
            f"The runs differ in {', '.join(changed)}: their numbers may measure different things, whatever the "
            "verdict."
        )
    if basis == "conversations":
        notes.append(
            "The answers of both runs are not here: verdicts are from metrics/conversations.json. `dvc pull` or "
            "--fetch brings the answers, if a remote has them."
        )
    if basis == "means":
        notes.append("Only means are here: there are no intervals, and nothing tells a change from noise.")
    return notes
