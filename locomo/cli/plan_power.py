"""`locomo plan --power`: which difference two runs could show, by repeats and datasets, before they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console
from locomo.files import read_json
from locomo.scoring.statistics import Plan, detectable, power

REPEATS: Final = (1, 3, 10)
TIMES: Final = (1, 2, 3)
BETWEEN: Final = (0.0, 0.02, 0.04)
"""Standard deviations of the difference between conversations; none is known before runs are compared."""
DISAGREE: Final = 0.25
"""Share of questions that only one of two systems gets right."""
INTERVALS: Final = Path("metrics/intervals.json")
_WIDTH: Final = 80


def print_power(sizes: list[int], dataset: str, difference: float) -> None:
    """Print how often `difference` (in [0, 1]) would be found, and the smallest one that is found in 80 of 100."""
    answer_sd, source = _answer_sd()
    console = open_console(_WIDTH, highlight=False)
    console.print(
        f"How often two runs on {dataset} ({sum(sizes):,} questions, {len(sizes)} conversations) would show a true "
        f"difference of {100 * difference:.1f} points overall, and in brackets the smallest difference that 80 of 100 "
        "pairs of runs show."
    )
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    for name in ("conversations", "questions", "repeats"):
        table.add_column(name, justify="right")
    for between in BETWEEN:
        table.add_column(f"sd {100 * between:.0f}", justify="right", no_wrap=True)
    lasting = max(0.0, DISAGREE - 2 * answer_sd**2) ** 0.5
    for times in TIMES:
        for repeats in REPEATS:
            cells = []
            for between in BETWEEN:
                se = Plan(lasting, answer_sd, between).se(sizes * times, repeats)
                count = len(sizes) * times
                smallest = detectable(se, count)
                cells.append("–" if smallest is None else f"{power(difference, se, count):.0%} ({100 * smallest:.1f})")
            table.add_row(str(len(sizes) * times), f"{sum(sizes) * times:,}", str(repeats), *cells)
    console.print(table)
    console.print(
        f"Assumed: the systems disagree on {DISAGREE:.0%} of the questions; one answer's own sd is {answer_sd:.2f} "
        f"({source}); sd 0, 2, 4: how much the difference varies between conversations, in points. Repeats lessen the "
        "answers' noise alone; more conversations lessen all of it. `locomo compare` says what a pair of runs could "
        "really show."
    )


def sizes_of(dataset: str) -> list[int]:
    """Return the number of questions of each conversation of a dataset; InputError if it is not here."""
    from locomo.dataset import read_conversations

    conversations = read_conversations(Path("data/raw") / f"{dataset}.json")
    return [len(conversation.questions) for conversation in conversations if conversation.questions]


def check_points(points: float) -> float:
    """Return points of a hundred as a share."""
    if not 0 < points < 100:
        raise typer.BadParameter(f"found {points}, expected points between 0 and 100", param_hint="--points")
    return points / 100


def _answer_sd() -> tuple[float, str]:
    """Return the standard deviation of an answer asked anew, of the last run where it repeated questions."""
    if INTERVALS.is_file():
        repeats = read_json(INTERVALS).get("repeats", {})
        found = [
            values["answer_sd"] for name, by in repeats.items() if name.startswith("f1_") for values in by.values()
        ]
        if found:
            return max(found), "of the repeats of the last run"
    return (DISAGREE / 4) ** 0.5, "assumed, so that half of the disagreement is chance: `repeats: 3` measures it"
