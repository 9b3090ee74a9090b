"""Numbers of a comparison as the words that every way of showing it uses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from locomo.reporting.comparison.comparison import Comparison
from locomo.reporting.comparison.flips import Evidence, Flip, Reply
from locomo.reporting.comparison.line import ComparedLine
from locomo.reporting.comparison.pair import ARROW
from locomo.reporting.comparison.tasks import TaskComparison
from locomo.schema import category_name
from locomo.scoring.comparison import ENOUGH, ENOUGH_FOR_CATEGORIES

NOTHING: Final = "–"
MARKS: Final = {"better": "▲ better", "worse": "▼ worse", "noise": "· noise", "unknown": "? unknown"}
"""A sign beside the word, so that no reader has to tell colours apart."""


def sides(lines: Iterable[ComparedLine]) -> tuple[str, str]:
    """Return what both sides are called: of two rows, such as those of two systems, none is older."""
    return ("first", "second") if all(ARROW in line.configuration for line in lines) else ("before", "after")


def percent(value: float | None) -> str:
    """Return '41.3' for 0.413."""
    return NOTHING if value is None else f"{100 * value:.1f}"


def points(value: float | None) -> str:
    """Return '+1.2' or '−0.4': a difference in points of a hundred."""
    if value is None:
        return NOTHING
    text = f"{100 * value:+.1f}".replace("-", "−")
    return "0.0" if text in ("+0.0", "−0.0") else text


def interval(line: ComparedLine) -> str:
    """Return '−3.1 to +0.4'."""
    return NOTHING if line.low is None else f"{points(line.low)} to {points(line.high)}"


def probability(value: float | None) -> str:
    """Return '0.031', or '<0.001'."""
    if value is None:
        return NOTHING
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def cells(line: ComparedLine) -> list[str]:
    """Return n, both values, their difference with its interval, and p."""
    return [
        NOTHING if line.n is None else f"{line.n:,}",
        percent(line.before),
        percent(line.after),
        points(line.delta),
        interval(line),
        probability(line.p),
    ]


def category(line: ComparedLine) -> str:
    """Return a category's name for people."""
    return line.category.replace("_", "-")


def category_of(flip: Flip) -> str:
    """Return the name of a question's category for people."""
    return category_name(flip.category).replace("_", "-")


def reply(answer: Reply) -> str:
    """Return what a run answered."""
    if answer.error is not None:
        return f"(failed: {answer.error})"
    if answer.text is None:
        return "(the answers are not here)"
    return answer.text.strip() or "(empty)"


def scored(answer: Reply) -> str:
    """Return what an answer earned; of repeated questions the mean, which is not that of the answer shown."""
    value = percent(answer.score)
    return value if answer.repeats == 1 else f"{value}, mean of {answer.repeats} answers; this is the first"


def seen(evidence: Evidence) -> str:
    """Return which run was shown a turn."""
    if evidence.before is None and evidence.after is None:
        return "not known"
    names = [name for name, shown in (("before", evidence.before), ("after", evidence.after)) if shown]
    return "shown " + " and ".join(names) if names else "shown to neither"


def amount(values: dict[str, float], name: str) -> str:
    """Return one number of a configuration's cost."""
    value = values.get(name)
    if value is None:
        return NOTHING
    return f"{value:.4f}" if name == "cost_usd" else f"{value:,.0f}"


def change_of_cost(before: dict[str, float], after: dict[str, float], name: str) -> str:
    """Return '+12.5%', or '–' where nothing changed, a side is not known or 0."""
    old, new = before.get(name), after.get(name)
    if not old or new is None or old == new:
        return NOTHING
    return f"{100 * (new / old - 1):+.1f}%".replace("-", "−")


def rule(comparison: Comparison) -> str:
    """Return how the verdicts were made, in a sentence or two."""
    if comparison.basis == "means":
        return "Differences of means, in points."
    few = any(line.conversations is not None and line.conversations < ENOUGH for line in comparison.overall)
    test = (
        f"a t-test over conversations (fewer than {ENOUGH} are too few for the sign-flip test)"
        if few
        else "the exact sign-flip test over conversations"
    )
    fewest = min((line.conversations for line in comparison.overall if line.conversations is not None), default=0)
    categories = f" Fewer than {ENOUGH_FOR_CATEGORIES} conversations are too few for verdicts on categories."
    return (
        "Differences are paired by question, intervals (95%) clustered by conversation, p is of "
        f"{test}; in categories p and intervals are adjusted by Holm's method. "
        f"Better or worse: p < 0.05 and the interval excludes 0.{categories if fewest < ENOUGH_FOR_CATEGORIES else ''}"
    )


def task_title(found: TaskComparison) -> str:
    """Return 'Event summaries: means over each speaker of each session'."""
    return f"{found.title}: means over {found.over}"


def task_rule(found: TaskComparison) -> str:
    """Return how the verdicts on a task were made, in a sentence or two."""
    if found.basis == "means":
        return "Differences of means, in points: nothing tells a change from noise."
    return (
        f"{found.primary} decides; p and intervals of the other metrics are adjusted by Holm's method, as those of "
        "categories are. n counts the places that have the metric on both sides."
    )


def findable(line: ComparedLine) -> str | None:
    """Return in a sentence how small a difference these runs could have shown; None where that is not known."""
    if line.detectable is None:
        return None
    size = points(line.detectable).lstrip("+")
    return (
        f"{line.configuration}: a true difference of {size} points would be found in 80 of 100 such pairs of runs, a "
        "smaller one less often."
    )


def headline(line: ComparedLine) -> str:
    """Return the verdict on one configuration in a sentence."""
    more = f", 95% interval {interval(line)}, p {probability(line.p)}" if line.low is not None else ""
    return f"{line.configuration}: {line.verdict} ({points(line.delta)} points{more})"
