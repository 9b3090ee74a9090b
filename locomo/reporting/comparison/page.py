"""A comparison as one HTML page that needs no network and no other file."""

from __future__ import annotations

from typing import Any

from locomo.pages import templates
from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison
from locomo.reporting.comparison.flips import Flip
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
    reach = max(
        (abs(edge) for line in comparison.lines for edge in (line.low, line.high, line.delta) if edge), default=0
    )
    return (
        templates("locomo.reporting.comparison")
        .get_template("comparison.html")
        .render(
            comparison=comparison,
            words=words,
            costs=COSTS,
            configurations=list(dict.fromkeys(line.configuration for line in comparison.lines)),
            reach=reach or 0.01,
            rows=[_row(flip) for flip in comparison.flips],
            lost=sum(not flip.gained for flip in comparison.flips),
        )
    )


def _row(flip: Flip) -> dict[str, Any]:
    """Return a flipped question as the page's script shows it: lines of a term, a text, and what stands behind it."""
    untold = "the conversation does not say" if category_of(flip.category).abstention else "not known here"
    return {
        "configuration": flip.configuration,
        "won": flip.gained,
        "title": flip.question or flip.id,
        "about": f"{flip.id} · {words.category_of(flip)} · {flip.configuration}",
        "lines": [
            ["gold", untold if flip.reference is None else flip.reference, ""],
            ["before", words.reply(flip.before), words.scored(flip.before)],
            ["after", words.reply(flip.after), words.scored(flip.after)],
            *([turn.id, turn.text or "", words.seen(turn)] for turn in flip.evidence),
        ],
    }
