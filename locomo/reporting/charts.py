"""Where the marks of the charts stand; the template draws them as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from locomo.reporting.distance import DistanceBin
from locomo.reporting.means import Means, Result
from locomo.reporting.retrieval import Evaluation
from locomo.reporting.tables import percent
from locomo.schema import CATEGORIES, category_name

WIDTH = 340
"""Width of a panel in SVG units, which are about a CSS pixel each on the page."""

_LABELS = 126  # room for the longest usual name, rag_observation_k50
_VALUES = 40
_ROW = 18
_PLOT_LEFT, _PLOT_RIGHT, _PLOT_TOP, _PLOT_BOTTOM = 34, 14, 10, 30
_PLOT_HEIGHT = 190
_SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, with its value in percent."""

    label: str
    y: int
    width: float
    value: str
    best: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """Shares side by side: of configurations in one category, or of one configuration over distances."""

    title: str
    height: int
    left: int
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Series:
    """A line through points (x, y), and what each of them is in words. `style` names how it is drawn."""

    name: str
    style: str
    points: list[tuple[float, float]]
    words: list[str]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Shares over k."""

    title: str
    height: int
    left: int
    right: int
    bottom: int
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    series: list[Series]


def f1_charts(results: Sequence[Result]) -> list[BarChart]:
    """Return one chart for each category that was asked about, and one over all."""
    panels: list[tuple[str, list[tuple[str, Means]]]] = [
        (
            category_name(category).replace("_", "-"),
            [(r.configuration.name, r.by_category[category]) for r in results if category in r.by_category],
        )
        for category in CATEGORIES
    ]
    panels.append(("overall", [(r.configuration.name, r.overall) for r in results]))
    return [_bar_chart(title, [(name, means.f1) for name, means in rows]) for title, rows in panels if rows]


def distance_charts(results: Sequence[Result], bins: Sequence[DistanceBin]) -> list[BarChart]:
    """Return one chart for each configuration: F1 by how many turns back the evidence lies."""
    charts = []
    for configuration in (result.configuration for result in results):
        rows = [(_turns(found), found.f1[configuration]) for found in bins if configuration in found.f1]
        if rows:
            charts.append(_bar_chart(configuration.name, rows))
    return charts


def _turns(found: DistanceBin) -> str:
    return f"{found.nearest:,}–{found.farthest:,} turns"


def _bar_chart(title: str, rows: Sequence[tuple[str, float]]) -> BarChart:
    best = percent(max(share for _, share in rows))
    full = WIDTH - _LABELS - _VALUES
    return BarChart(
        title,
        _ROW * len(rows),
        _LABELS,
        [
            Bar(name, _ROW * i, round(full * share, 1), percent(share), percent(share) == best)
            for i, (name, share) in enumerate(rows)
        ],
    )


def recall_charts(results: Sequence[Result]) -> list[LineChart]:
    """Return one chart for each unit that was retrieved at several k: recall beside F1."""
    units: dict[str, list[tuple[int, float, float]]] = {}
    for result in results:
        unit, k, recall = result.configuration.unit, result.configuration.k, result.overall.recall
        if unit is not None and k is not None and recall is not None:
            units.setdefault(unit, []).append((k, recall, result.overall.f1))
    return [
        _line_chart(
            unit,
            {
                ("recall", "first"): [(k, recall) for k, recall, _ in rows],
                ("F1", "second"): [(k, f1) for k, _, f1 in rows],
            },
            [k for k, _, _ in rows],
            float,
        )
        for unit, rows in units.items()
        if len(rows) > 1
    ]


STYLES = ("first", "second", "third")
"""How lines are drawn: whole, dashed, dotted, each with a mark of its own, so that no colour has to be told."""


def curves(evaluations: Mapping[str, Evaluation]) -> list[LineChart]:
    """Return one chart for each category, and one over all: recall over log k, a line for each unit."""
    by_unit = {unit: found.means("recall") for unit, found in evaluations.items()}
    groups = list(dict.fromkeys(group for means in by_unit.values() for group in means))
    return [
        _line_chart(
            group.replace("_", "-"),
            {
                (unit, style): list(zip(evaluations[unit].ks, means[group], strict=True))
                for (unit, means), style in zip(by_unit.items(), STYLES, strict=False)
                if group in means
            },
            sorted({k for found in evaluations.values() for k in found.ks}),
            math.log,
        )
        for group in groups
    ]


def _line_chart(
    title: str,
    lines: Mapping[tuple[str, str], Sequence[tuple[int, float]]],
    ks: Sequence[int],
    scale: Callable[[int], float],
) -> LineChart:
    """Lay out lines {(name, style): [(k, share)]}. The axis of k begins at 0, or at its first value if that is 1."""
    low, high = scale(1) if scale is math.log else 0.0, scale(max(ks))

    def x(k: int) -> float:
        return round(_PLOT_LEFT + (WIDTH - _PLOT_LEFT - _PLOT_RIGHT) * (scale(k) - low) / (high - low or 1), 1)

    def y(share: float) -> float:
        return round(_PLOT_TOP + (_PLOT_HEIGHT - _PLOT_TOP - _PLOT_BOTTOM) * (1 - share), 1)

    return LineChart(
        title,
        _PLOT_HEIGHT,
        _PLOT_LEFT,
        WIDTH - _PLOT_RIGHT,
        _PLOT_HEIGHT - _PLOT_BOTTOM,
        [(x(k), str(k)) for k in ks],
        [(y(share), f"{100 * share:.0f}") for share in _SHARES],
        [
            Series(
                name,
                style,
                [(x(k), y(share)) for k, share in values],
                [f"{name} {percent(share)} at k = {k}" for k, share in values],
            )
            for (name, style), values in lines.items()
        ],
    )
