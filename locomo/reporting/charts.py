"""Where the marks of the charts stand; the template draws them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from locomo.reporting.means import Means, Result
from locomo.reporting.tables import percent
from locomo.schema import CATEGORIES, category_name

WIDTH = 340
"""Width of a panel in SVG units, which are about a CSS pixel each on the page."""

_LABELS = 126  # room for the longest usual name, rag_observation_k50
_VALUES = 34
_ROW = 18
_PLOT_LEFT, _PLOT_RIGHT, _PLOT_TOP, _PLOT_BOTTOM = 34, 14, 10, 30
_PLOT_HEIGHT = 190


@dataclass(frozen=True, slots=True)
class Bar:
    """One configuration's bar, with its value in percent."""

    label: str
    y: int
    width: float
    value: str
    best: bool


@dataclass(frozen=True, slots=True)
class BarChart:
    """F1 of every configuration in one category."""

    title: str
    height: int
    left: int
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class Series:
    """A line through points (x, y), and what each of them is in words."""

    name: str
    points: list[tuple[float, float]]
    words: list[str]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Recall and F1 of one retrieval unit over k."""

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
    return [_bar_chart(title, rows) for title, rows in panels if rows]


def _bar_chart(title: str, rows: Sequence[tuple[str, Means]]) -> BarChart:
    best = percent(max(means.f1 for _, means in rows))
    full = WIDTH - _LABELS - _VALUES
    return BarChart(
        title,
        _ROW * len(rows),
        _LABELS,
        [
            Bar(name, _ROW * i, round(full * means.f1, 1), percent(means.f1), percent(means.f1) == best)
            for i, (name, means) in enumerate(rows)
        ],
    )


def recall_charts(results: Sequence[Result]) -> list[LineChart]:
    """Return one chart for each unit that was retrieved at several k."""
    units: dict[str, list[tuple[int, float, float]]] = {}
    for result in results:
        unit, k, recall = result.configuration.unit, result.configuration.k, result.overall.recall
        if unit is not None and k is not None and recall is not None:
            units.setdefault(unit, []).append((k, recall, result.overall.f1))
    return [_line_chart(unit, rows) for unit, rows in units.items() if len(rows) > 1]


def _line_chart(unit: str, rows: Sequence[tuple[int, float, float]]) -> LineChart:
    widest = max(k for k, _, _ in rows)

    def x(k: int) -> float:
        return round(_PLOT_LEFT + (WIDTH - _PLOT_LEFT - _PLOT_RIGHT) * k / widest, 1)

    def y(share: float) -> float:
        return round(_PLOT_TOP + (_PLOT_HEIGHT - _PLOT_TOP - _PLOT_BOTTOM) * (1 - share), 1)

    def series(name: str, values: Sequence[tuple[int, float]]) -> Series:
        return Series(name, [(x(k), y(v)) for k, v in values], [f"{name} {percent(v)} at k = {k}" for k, v in values])

    return LineChart(
        unit,
        _PLOT_HEIGHT,
        _PLOT_LEFT,
        WIDTH - _PLOT_RIGHT,
        _PLOT_HEIGHT - _PLOT_BOTTOM,
        [(x(k), str(k)) for k, _, _ in rows],
        [(y(share), f"{100 * share:.0f}") for share in (0.0, 0.25, 0.5, 0.75, 1.0)],
        [
            series("recall", [(k, recall) for k, recall, _ in rows]),
            series("F1", [(k, f1) for k, _, f1 in rows]),
        ],
    )
