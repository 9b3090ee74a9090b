"""A comparison, or several with one baseline, as one HTML page that needs no network and no other file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from locomo.pages import templates
from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison
from locomo.reporting.comparison.flips import Flip
from locomo.reporting.comparison.line import ComparedLine
from locomo.reporting.comparison.side_by_side import RULE, SideBySide
from locomo.schema import category_of

COSTS = {
    "questions": "questions",
    "errors": "failed",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost_usd": "US dollars",
}


def to_html(comparison: Comparison) -> str:
    """Return the page. It holds the questions' text, so their licence holds for it too."""
    return (
        templates("locomo.reporting.comparison")
        .get_template("comparison.html")
        .render(
            comparison=comparison,
            runs=[],  # one, so that there is none to choose
            words=words,
            costs=COSTS,
            configurations=list(dict.fromkeys(line.configuration for line in comparison.lines)),
            reach=_reach(comparison.lines),
            reach_of=_reach,
            rows=[_row(flip) for flip in comparison.flips],
            lost=sum(not flip.gained for flip in comparison.flips),
        )
    )


def side_by_side_to_html(found: SideBySide) -> str:
    """Return the page of a baseline and several other runs, under the same licence."""
    lines = {name: [line for line in its if line is not None] for name, its in found.lines.items()}
    return (
        templates("locomo.reporting.comparison")
        .get_template("side_by_side.html")
        .render(
            found=found,
            words=words,
            rule=RULE,
            runs=found.runs,
            differences=_differences(found),
            notes=list(_notes(found)),
            same_cards=all(comparison.same_cards for comparison in found.comparisons),
            configurations=list(lines),
            reach=_reach([line for its in lines.values() for line in its]),
            rows=[_row(flip, comparison.after) for comparison in found.comparisons for flip in comparison.flips],
        )
    )


def _differences(found: SideBySide) -> dict[str, list[str | None]]:
    """Return the entries of the cards that differ: of the baseline, then of each run."""
    differing = [{each.key: each for each in comparison.card_differences} for comparison in found.comparisons]
    before = {key: each.before for its in differing for key, each in its.items()}
    return {
        key: [value, *(its[key].after if key in its else value for its in differing)] for key, value in before.items()
    }


def _notes(found: SideBySide) -> Iterator[str]:
    """Yield the notes on comparisons, each once: with its runs, unless it is about all of them."""
    by_note: dict[str, list[str]] = {}
    for comparison in found.comparisons:
        for note in comparison.notes:
            by_note.setdefault(note, []).append(comparison.after)
    for note, runs in by_note.items():
        yield note if runs == found.runs else f"{', '.join(runs)}: {note}"


def _reach(lines: Sequence[ComparedLine]) -> float:
    """Return how far the scale of changes goes to either side."""
    return max((abs(edge) for line in lines for edge in (line.low, line.high, line.delta) if edge), default=0) or 0.01


def _row(flip: Flip, run: str | None = None) -> dict[str, Any]:
    """Return a flipped question as the page's script shows it: lines of a term, a text, and what stands behind it.

    With the name of its run, where a page has several.
    """
    about = [flip.id, words.category_of(flip), flip.configuration, *([] if run is None else [run])]
    untold = "the conversation does not say" if category_of(flip.category).abstention else "not known here"
    return {
        "configuration": flip.configuration,
        "won": flip.gained,
        "title": flip.question or flip.id,
        "about": " · ".join(about),
        **({} if run is None else {"run": run}),
        "lines": [
            ["gold", untold if flip.reference is None else flip.reference, ""],
            ["before", words.reply(flip.before), words.scored(flip.before)],
            ["after", words.reply(flip.after), words.scored(flip.after)],
            *([turn.id, turn.text or "", words.seen(turn)] for turn in flip.evidence),
        ],
    }
