"""A comparison as one HTML page that needs no network and no other file."""

from __future__ import annotations

from locomo.pages import templates
from locomo.reporting.comparison import words
from locomo.reporting.comparison.comparison import Comparison

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
            lost=sum(not flip.gained for flip in comparison.flips),
        )
    )
