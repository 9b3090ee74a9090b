"""`locomo costs`: what evaluating on LoCoMo costs in a cloud."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from locomo.cli.console import open_console

if TYPE_CHECKING:
    from locomo.costs import Inputs, Report

_WIDTH_OF_ALL = 120
"""Columns that the widest row takes."""


def costs(
    plan: Annotated[str | None, typer.Option(help="Show one plan in detail: basic, standard or advanced.")] = None,
    scenario: Annotated[
        str | None, typer.Option(help="How often each plan runs: academic, development or production.")
    ] = None,
    prices: Annotated[
        Path | None, typer.Option(help="Your own prices, in the format of locomo/costs/prices.yaml.")
    ] = None,
    usage: Annotated[
        Path | None, typer.Option(help="A run's metrics/usage.json, to use its tokens instead of locomo10's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Estimate the monthly cost of three plans, then and now, and what each saving takes off.

    Quantities and prices are files in locomo/costs. docs/costs.md gives their sources and limits.
    """
    from locomo.costs import read_inputs, report
    from locomo.llm import read_prices

    inputs, models = read_inputs(prices, usage), read_prices()
    names = list(inputs.plans) if plan is None else [plan]
    reports = [report(inputs, models, name, scenario) for name in names]
    console = open_console(_WIDTH_OF_ALL, highlight=False)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in reports], indent=2))
    elif plan is None:
        _overview(console, reports, inputs)
    else:
        _detail(console, reports[0], inputs)


def _overview(console: Console, reports: list[Report], inputs: Inputs) -> None:
    table = _table(
        "US dollars a month", "runs a month", "study said", "by its models", "saved", "by today's", "all saved"
    )
    for each in reports:
        table.add_row(
            f"{each.plan}, {each.scenario}",
            _span(each.runs, "g"),
            _span(each.study_monthly),
            _span(each.study.usd),
            _span(each.study_saved.usd),
            _span(each.today.usd),
            _span(each.today_saved.usd),
        )
    console.print(table)
    once, now = reports[0].once, reports[0].once_today
    said = _span(inputs.one_time.study, ".2f")
    console.print(
        f"Once, for a dataset of your own: {_span(once.usd, '.2f')} (the study said {said}), "
        f"{_span(now.usd, '.2f')} by today's models."
    )
    _gpus(console, inputs)
    _dates(console, inputs)


def _gpus(console: Console, inputs: Inputs) -> None:
    from locomo.costs import fits, hours

    works = ("qa_4k", "rag_k5")
    table = _table("Hours a run, 4 bits", *(f"{size} B" for size in inputs.sizes), "$ an hour", "spot")
    for name in inputs.gpus:
        price = inputs.price(f"gpu_{name}")
        took = [
            f"{sum(hours(inputs, inputs.work(work), name, size) for work in works):.1f}"
            if fits(inputs, name, size)
            else "–"
            for size in inputs.sizes
        ]
        spot = "–" if price.spot is None else f"{price.usd * price.spot:.2f}"
        table.add_row(f"{name.upper()}, {inputs.gpus[name].memory_gb:.0f} GB", *took, f"{price.usd:.2f}", spot)
    console.print(table)
    console.print("A run is qa with 4,096 tokens, and rag with five turns and five observations; – does not fit.")


def _detail(console: Console, report: Report, inputs: Inputs) -> None:
    console.print(f"{report.plan}, {report.scenario}: {inputs.scenario(report.scenario).what}")
    table = _table("US dollars a month", "by the study's models", "by today's", "")
    for old, new in zip(report.study.lines, report.today.lines, strict=True):
        table.add_row(old.component, _span(old.usd), _span(new.usd), old.what)
    table.add_section()
    table.add_row("together", _span(report.study.usd), _span(report.today.usd), "")
    if report.scenario == inputs.plan(report.plan).scenario:
        table.add_row("the study said", _span(report.study_monthly), "", "")
    table.columns[3].justify = "left"
    console.print(table)
    savings = _table("What is saved, each alone", "study's", "today's", "")
    for name, saving in inputs.savings.items():
        then, now = report.effects[name]
        savings.add_row(name, _span(then), _span(now), saving.what)
    savings.add_section()
    savings.add_row("left with all of them", "", _span(report.today_saved.usd), "")
    known = ", ".join(name for name, saving in inputs.savings.items() if saving.study)
    savings.add_row("left as in the study", _span(report.study_saved.usd), "", f"with {known}")
    if report.scenario == inputs.plan(report.plan).scenario:
        savings.add_row("the study said", _span(report.study_optimised), "", "")
    savings.columns[3].justify = "left"
    console.print(savings)
    console.print("What one saves may not be there for another to save. What is less than nothing costs more.")
    _dates(console, inputs)


def _dates(console: Console, inputs: Inputs) -> None:
    dates = sorted({price.as_of for price in inputs.prices.values()})
    console.print(
        f"Cloud prices are those known in {' to '.join(dict.fromkeys((dates[0], dates[-1])))} and were not looked up "
        "since; those of models have their date in locomo/llm/prices.yaml."
    )


def _table(first: str, *headers: str) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column(first, no_wrap=True)
    for header in headers:
        table.add_column(header, justify="right")
    return table


def _span(values: Any, kind: str = ",.0f") -> str:
    low, high = (format(value, kind) for value in values)
    return low if low == high else f"{low} – {high}"
