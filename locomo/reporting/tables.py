"""The report's tables as text cells: percent with one decimal, the best of a column marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from locomo.reporting.means import ConfigurationResult, Means

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell's text, and its CSS class: '', 'best' or 'error'."""

    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TableLine:
    """A row of a table: a configuration, what is measured of it (where rows differ in that), and the cells."""

    name: str
    measure: str
    cells: list[Cell]
    apart: bool = False
    """Whether it stands apart, for comparison."""


def percent(value: float | None) -> str:
    """Return a share of 1 as percent with one decimal, such as '41.3'."""
    return NOTHING if value is None else f"{100 * value:.1f}"


def f1_table(
    results: Sequence[ConfigurationResult], halves: Mapping[str, float | None], categories: Sequence[int]
) -> list[TableLine]:
    """Return F1 by category and overall, ROUGE-L, BERTScore, recall@k, evidence in context, tokens, errors, n.

    `halves` are those of the intervals of overall F1, by configuration, where they are known; `categories` are the
    numbers of those that have a column.
    """
    overall = [result.overall for result in results]
    systems = [not result.configuration.for_comparison for result in results]
    columns = [
        *(
            _marked([means.f1 if means else None for means in column], systems)
            for column in _by_category(results, categories)
        ),
        [
            Cell(cell.text + _more_or_less(halves.get(result.configuration.name)), cell.kind)
            for cell, result in zip(_marked([means.f1 for means in overall], systems), results, strict=True)
        ],
        _marked([means.rouge_l for means in overall], systems),
        _marked([means.bertscore for means in overall], systems),
        _plain([None if result.configuration.task != "rag" else result.overall.recall for result in results]),
        _plain([result.overall.recall if result.configuration.task != "rag" else None for result in results]),
        [Cell(f"{means.input_tokens:,.0f}" if means.input_tokens else NOTHING) for means in overall],
        [Cell(str(means.errors), "error" if means.errors else "") for means in overall],
        [Cell(f"{means.n:,}") for means in overall],
    ]
    return _lines(results, columns)


def _more_or_less(half: float | None) -> str:
    return "" if half is None else f" ±{percent(half)}"


def recall_table(results: Sequence[ConfigurationResult], categories: Sequence[int]) -> list[TableLine]:
    """Return recall by category and overall, for the configurations that have a context to recall from."""
    shown = [result for result in results if result.overall.recall is not None]
    columns = [
        _plain([means.recall if means else None for means in column]) for column in _by_category(shown, categories)
    ]
    return _lines(shown, [*columns, _plain([result.overall.recall for result in shown])])


def counts(results: Iterable[ConfigurationResult], categories: Sequence[int]) -> list[str]:
    """Return the number of questions by category and overall: '30', or '28–30' where configurations differ."""
    listed = list(results)
    columns: list[set[int]] = [
        {means.n if means else 0 for means in column} for column in _by_category(listed, categories)
    ]
    columns.append({result.overall.n for result in listed})
    return [f"{min(c):,}" if len(c) == 1 else f"{min(c):,}–{max(c):,}" for c in columns if c]


def _by_category(results: Sequence[ConfigurationResult], categories: Sequence[int]) -> list[list[Means | None]]:
    return [[result.by_category.get(category) for result in results] for category in categories]


def _plain(values: Iterable[float | None]) -> list[Cell]:
    """Mark nothing: recall grows with k, so its best is no finding."""
    return [Cell(percent(value)) for value in values]


def _marked(values: Sequence[float | None], systems: Sequence[bool]) -> list[Cell]:
    """Mark the best value of a system under test, and those that read the same, where there is a choice of several."""
    present = [value for value, system in zip(values, systems, strict=True) if value is not None and system]
    best = percent(max(present)) if len(present) > 1 else None
    return [
        Cell(text, "best" if system and text == best else "")
        for text, system in zip(map(percent, values), systems, strict=True)
    ]


def _lines(results: Sequence[ConfigurationResult], columns: Sequence[Sequence[Cell]]) -> list[TableLine]:
    return [
        TableLine(
            result.configuration.name,
            "evidence in context" if result.configuration.task != "rag" else f"recall@{result.configuration.k}",
            [column[i] for column in columns],
            result.configuration.for_comparison,
        )
        for i, result in enumerate(results)
    ]
