"""What an answer costs beside what it earns: one point a configuration."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from locomo.reporting.join import Configuration, JoinedAnswer
from locomo.reporting.labels import room, shortened
from locomo.reporting.means import ConfigurationResult
from locomo.reporting.tables import percent

WIDTH, HEIGHT = 620, 280
_LEFT, _TOP, _BOTTOM = 40, 14, 46
_LABELS, _BEFORE_LABELS = 150, 10
_LINE = 17
"""Labels are at least so far apart."""


@dataclass(frozen=True, slots=True)
class Point:
    """A configuration's mark at (x, y), its label at (label_x, label_y), and both values in words."""

    name: str
    x: float
    y: float
    label_y: float
    words: str
    apart: bool = False
    """Whether it is no system under test."""


@dataclass(frozen=True, slots=True)
class CostChart:
    """Overall F1 against the cost of a question."""

    axis: str
    points: list[Point]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    right: int
    """Where the axis ends, and room for labels begins."""
    bottom: int
    height: int
    left: int = _LEFT
    width: int = WIDTH

    @property
    def label_x(self) -> int:
        """Where labels begin."""
        return self.right + _BEFORE_LABELS


def cost_chart(results: Sequence[ConfigurationResult], answers: Sequence[JoinedAnswer]) -> CostChart | None:
    """Return the chart: in US dollars if all prices are known and something is paid, else in tokens.

    None if there is nothing to compare.
    """
    groups: dict[Configuration, list[JoinedAnswer]] = {}
    for answer in answers:
        if answer.error is None:
            groups.setdefault(answer.configuration, []).append(answer)
    dollars = [answer.cost_usd for members in groups.values() for answer in members]
    priced = all(value is not None for value in dollars) and any(dollars)
    costs = {c: fmean(_cost(answer, priced) for answer in members) for c, members in groups.items()}
    shown = [result for result in results if result.configuration in costs]
    if len(shown) < 2 or not any(costs.values()):
        return None
    axis = "US dollars for 1,000 questions" if priced else "tokens a question, prompt and answer together"
    rows = [(r.configuration, costs[r.configuration], f1) for r in shown if (f1 := r.overall.f1) is not None]
    return scatter(axis, rows) if rows else None


def _cost(answer: JoinedAnswer, priced: bool) -> float:
    return 1000 * (answer.cost_usd or 0.0) if priced else float(answer.input_tokens + answer.output_tokens)


def scatter(axis: str, rows: Sequence[tuple[Configuration, float, float]]) -> CostChart:
    """Return a chart of rows (configuration, what it took, F1); at least one took something."""
    x_ticks = round_ticks(max(cost for _, cost, _ in rows))
    y_ticks = round_ticks(max(0.25, *(f1 for _, _, f1 in rows)))  # small scores would lie on the floor of a full scale
    highest, top = x_ticks[-1], y_ticks[-1]
    height = max(HEIGHT, _TOP + _BOTTOM + _LINE * len(rows))
    right = WIDTH - _BEFORE_LABELS - max(_LABELS, room(configuration.name for configuration, _, _ in rows))

    def x(cost: float) -> float:
        return round(_LEFT + (right - _LEFT) * cost / highest, 1)

    def y(share: float) -> float:
        return round(_TOP + (height - _TOP - _BOTTOM) * (1 - share / top), 1)

    ordered = sorted(rows, key=lambda row: -row[2])
    labels = _apart([y(f1) for _, _, f1 in ordered], height - _BOTTOM)
    points = [
        Point(
            shortened(configuration.name),
            x(cost),
            y(f1),
            round(label_y, 1),
            f"{configuration.name}: F1 {percent(f1)}, {_number(cost)}",
            configuration.for_comparison,
        )
        for (configuration, cost, f1), label_y in zip(ordered, labels, strict=True)
    ]
    return CostChart(
        axis,
        points,
        [(x(tick), _number(tick)) for tick in x_ticks],
        [(y(tick), f"{100 * tick:g}") for tick in y_ticks],
        right=right,
        bottom=height - _BOTTOM,
        height=height,
    )


def _apart(wanted: Sequence[float], lowest: float) -> list[float]:
    """Return places for labels from top to bottom, near those wanted: a line apart, and none below `lowest`."""
    places: list[float] = []
    for place in wanted:
        places.append(max(place, places[-1] + _LINE) if places else place)
    last = len(places) - 1
    return [min(place, lowest - _LINE * (last - index)) for index, place in enumerate(places)]


def round_ticks(highest: float) -> list[float]:
    """Return ticks from 0 to at least `highest`, at most five of them, at steps of 1, 2, 2.5 or 5 by a power of ten."""
    rough = highest / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    count = math.ceil(highest / step - 1e-9)
    return [round(step * place, 12) for place in range(count + 1)]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
