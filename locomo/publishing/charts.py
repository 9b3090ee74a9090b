"""Where the marks of a ranking's charts stand: score against cost, and scores over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from locomo.publishing.rankings import Ranking, System
from locomo.reporting.cost import round_ticks
from locomo.reporting.tables import percent

WIDTH, HEIGHT = 340, 220
"""In SVG units, which are about a CSS pixel each: as narrow as a telephone, so that letters stay legible there."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 22, 16, 44
_LABEL: Final = (24, 14)
"""Width and height of a rank of three digits."""
_LEAST: Final = 0.25
"""Small scores would lie on the floor of a full scale."""
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A system at (x, y), and what it is in words; on the line also the rank beside it, where there is room."""

    x: float
    y: float
    words: str
    rank: str
    apart: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Marks over an axis; `line` joins the best ones."""

    title: str
    axis: str
    marks: list[Mark]
    line: list[tuple[float, float]]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM


def cost_chart(ranking: Ranking) -> Chart | None:
    """Return score against cost: in US dollars if all prices are known and something is paid, else in tokens.

    The line joins systems that nothing cheaper beats, and these have their rank beside them. None if there is nothing
    to compare.
    """
    asked = [system for system in ranking.systems if system.tokens is not None]
    priced = all(system.dollars is not None for system in asked) and any(system.dollars for system in asked)
    costs = [(system, (system.dollars if priced else system.tokens) or 0.0) for system in asked]
    if len(costs) < 2 or not any(cost for _, cost in costs):
        return None
    ticks = round_ticks(max(cost for _, cost in costs))
    x = _scale(0.0, ticks[-1])
    return _chart(
        ranking,
        f"{ranking.metric} against cost",
        axis="US dollars for 1,000 questions" if priced else "tokens a question, prompt and answer together",
        rows=[(x(cost), f"{_number(cost)} {'dollars' if priced else 'tokens'}", system) for system, cost in costs],
        x_ticks=[(x(tick), _number(tick)) for tick in ticks],
        best=_front([(cost, system) for system, cost in costs if not system.for_comparison]),
    )


def time_chart(ranking: Ranking) -> Chart | None:
    """Return scores over time, with a line through each new best; None if all runs are of one time."""
    times = [_seconds(system) for system in ranking.systems]
    first, last = min(times), max(times)
    if first == last:
        return None
    x = _scale(first, last)
    form = "%Y-%m-%d" if last - first > _DAY else "%m-%d %H:%M"
    return _chart(
        ranking,
        f"{ranking.metric} over time",
        axis="date of the run, UTC",
        rows=[(x(_seconds(system)), f"{system.at:%Y-%m-%d %H:%M}", system) for system in ranking.systems],
        x_ticks=[(x(time), datetime.fromtimestamp(time, UTC).strftime(form)) for time in (first, last)],
        best=_front([(_seconds(system), system) for system in ranking.ranked]),
    )


def _seconds(system: System) -> float:
    return system.at.replace(tzinfo=UTC).timestamp()


def _front(systems: Sequence[tuple[float, System]]) -> list[System]:
    """Return those better than all that stand before them on the axis, in its order."""
    found: list[System] = []
    for _, system in sorted(systems, key=lambda pair: (pair[0], -pair[1].mean)):
        if not found or system.mean > found[-1].mean:
            found.append(system)
    return found


def _chart(
    ranking: Ranking,
    title: str,
    *,
    axis: str,
    rows: Sequence[tuple[float, str, System]],
    x_ticks: list[tuple[float, str]],
    best: Sequence[System],
) -> Chart:
    y_ticks = round_ticks(max(_LEAST, *(system.mean for _, _, system in rows)))

    def y(share: float) -> float:
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share / y_ticks[-1]), 1)

    ranks = {id(system): str(rank) for system, rank in zip(ranking.systems, ranking.ranks, strict=True)}
    places = {id(system): (x, y(system.mean)) for x, _, system in rows}
    labelled = _apart({id(system): places[id(system)] for system in sorted(best, key=lambda system: -system.mean)})
    return Chart(
        title,
        axis,
        [
            Mark(
                x,
                y(system.mean),
                f"{name_of(system)}: {percent(system.mean)}, {words}",
                ranks[id(system)] if id(system) in labelled else "",
                system.for_comparison,
            )
            for x, words, system in rows
        ],
        [places[id(system)] for system in best],
        x_ticks,
        [(y(tick), f"{100 * tick:g}") for tick in y_ticks],
    )


def _apart(places: Mapping[int, tuple[float, float]]) -> set[int]:
    """Return those whose labels do not lie on another's; the first ones keep theirs."""
    kept: dict[int, tuple[float, float]] = {}
    for key, (x, y) in places.items():
        if all(abs(x - other_x) > _LABEL[0] or abs(y - other_y) > _LABEL[1] for other_x, other_y in kept.values()):
            kept[key] = (x, y)
    return set(kept)


def name_of(system: System) -> str:
    """Return what a system is called in a line."""
    return f"{system.configuration}, {system.model} ({system.run})"


def _scale(low: float, high: float) -> Callable[[float], float]:
    return lambda value: round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (value - low) / (high - low), 1)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
