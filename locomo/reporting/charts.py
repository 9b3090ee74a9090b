"""Where the marks of the charts stand; the template draws them as SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from locomo.reporting.distance import DistanceBin
from locomo.reporting.labels import room, shortened
from locomo.reporting.means import ConfigurationResult, Means
from locomo.reporting.tables import percent
from locomo.schema import CATEGORIES, category_name
from locomo.scoring import OVERALL
from locomo.scoring.ranking import Evaluation

WIDTH = 340
"""Width of a panel in SVG units, which are about a CSS pixel each on the page."""

_LABELS = 138
"""The least room for labels, so that panels of usual names look alike."""
_VALUES = 44
_ROW = 20
_GAP = 8
"""Between the systems and what stands beside them for comparison."""
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
    apart: bool = False
    """Whether it is no system under test."""
    whisker: tuple[float, float] | None = None
    """Where the 95% interval begins and ends, from the axis."""
    value_x: float = 0.0
    """Where the value is written: behind bar and whisker."""


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


Intervals = Mapping[str, Mapping[str, float | None]]
"""Configuration → 'overall' or category → half of the 95% interval."""
_NONE: Intervals = MappingProxyType({})


def f1_charts(results: Sequence[ConfigurationResult], intervals: Intervals = _NONE) -> list[BarChart]:
    """Return one chart for each category that was asked about, and one over all."""
    panels: list[tuple[str, list[tuple[ConfigurationResult, Means]]]] = [
        (category_name(category), [(r, r.by_category[category]) for r in results if category in r.by_category])
        for category in CATEGORIES
    ]
    panels.append((OVERALL, [(r, r.overall) for r in results]))
    charts = []
    for group, found in panels:
        rows = [
            _Row(
                r.configuration.name,
                f1,
                r.configuration.for_comparison,
                intervals.get(r.configuration.name, {}).get(group),
            )
            for r, means in found
            if (f1 := means.f1) is not None
        ]
        if rows:
            charts.append(_bar_chart(group.replace("_", "-"), rows))
    return charts


@dataclass(frozen=True, slots=True)
class _Row:
    """What a bar shows."""

    name: str
    share: float
    apart: bool = False
    half: float | None = None


def distance_charts(results: Sequence[ConfigurationResult], bins: Sequence[DistanceBin]) -> list[BarChart]:
    """Return one chart for each configuration: F1 by how many turns back the evidence lies."""
    charts = []
    for configuration in (result.configuration for result in results):
        rows = [_Row(_turns(found), found.f1[configuration]) for found in bins if configuration in found.f1]
        if rows:
            charts.append(_bar_chart(configuration.name, rows, marked=False))
    return charts


def _turns(found: DistanceBin) -> str:
    return f"{found.nearest:,}–{found.farthest:,} turns"


def _bar_chart(title: str, rows: Sequence[_Row], *, marked: bool = True) -> BarChart:
    """Lay out bars, those for comparison below the others; the best of several systems is `marked`."""
    systems = [row for row in rows if not row.apart]
    best = percent(max(row.share for row in systems)) if marked and len(systems) > 1 else None
    labels = max(_LABELS, room(row.name for row in rows))
    full = WIDTH - labels - _VALUES
    bars: list[Bar] = []
    y = 0
    for place, row in enumerate(rows):
        y += _GAP if place and row.apart and not rows[place - 1].apart else 0
        whisker = None
        if row.half:
            low, high = max(0.0, row.share - row.half), min(1.0, row.share + row.half)
            whisker = (round(full * low, 1), round(full * high, 1))
        width = round(full * row.share, 1)
        behind = max(width, whisker[1]) if whisker else width
        bars.append(
            Bar(
                label=shortened(row.name),
                y=y,
                width=width,
                value=percent(row.share),
                best=not row.apart and percent(row.share) == best,
                apart=row.apart,
                whisker=whisker,
                value_x=round(behind + 5, 1),
            )
        )
        y += _ROW
    return BarChart(title, y, labels, bars)


def recall_charts(results: Sequence[ConfigurationResult]) -> list[LineChart]:
    """Return one chart for each unit that was retrieved at several k: recall beside F1."""
    units: dict[str, list[tuple[int, float, float]]] = {}
    for result in results:
        unit, k, recall, f1 = (
            result.configuration.unit,
            result.configuration.k,
            result.overall.recall,
            result.overall.f1,
        )
        if unit is not None and k is not None and recall is not None and f1 is not None:
            units.setdefault(unit, []).append((k, recall, f1))
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
