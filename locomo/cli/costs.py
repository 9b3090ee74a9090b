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
    from locomo.costs import Estimate, Inputs, Report
    from locomo.llm.prices import Prices

_WIDTH_OF_ALL = 120
"""Columns that the widest row takes."""


def costs(  # noqa: PLR0917  (Typer makes options of them)
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
    questions: Annotated[
        int | None, typer.Option(min=1, help="Questions of an evaluation, instead of the study's 300 to 500.")
    ] = None,
    named: Annotated[
        bool, typer.Option("--services", help="Show what the study names beside its plans, and what is not computed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Estimate the monthly cost of three plans, then and now, and what each saving takes off.

    Quantities and prices are files in locomo/costs. docs/costs.md gives their sources and limits.
    """
    from locomo.costs import read_inputs, report
    from locomo.llm import read_prices

    inputs, models = read_inputs(prices, usage, questions), read_prices()
    console = open_console(_WIDTH_OF_ALL, highlight=False)
    if named:
        _services(console, inputs, as_json)
        return
    names = list(inputs.plans) if plan is None else [plan]
    reports = [report(inputs, models, name, scenario) for name in names]
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in reports], indent=2))
    elif plan is None:
        _overview(console, reports, inputs, models)
    else:
        _detail(console, reports[0], inputs)


def _overview(console: Console, reports: list[Report], inputs: Inputs, models: Prices) -> None:
    from locomo.costs import by_service

    table = _table(
        "US dollars a month",
        "study said",
        "by its models",
        "ratio",
        "of it APIs",
        "saved",
        "by today's",
        "all saved",
    )
    for each in reports:
        cells = [
            _span(each.study_monthly),
            _span(each.study.usd),
            _ratio(each.ratio),
            _span(each.study.apis, ".0%"),
            _span(each.study_saved.usd),
            _span(each.today.usd),
            _span(each.today_saved.usd),
        ]
        table.add_row(f"{each.plan}, {_tight(_span(each.runs, 'g'))} runs", *(_tight(cell) for cell in cells))
    console.print(table)
    _lines(console, by_service(inputs, models), "Language models alone, a month", _reasons(inputs))
    _lines(console, reports[0].once, "Once, for a dataset of your own", _reasons(inputs), ".2f")
    _gpus(console, inputs)
    _dates(console, inputs)


def _services(console: Console, inputs: Inputs, as_json: bool) -> None:
    from locomo.costs import services

    found = services(inputs)
    here = {each.name: f"{each.here}{f'; {each.why}' if each.why else ''}" for each in inputs.services}
    if as_json:
        left_out = [each.model_dump() for each in inputs.left_out]
        typer.echo(json.dumps({"services": asdict(found)["lines"], "left_out": left_out}, indent=2))
        return
    _lines(console, found, "Named by the study, in no plan; a month", here, ",.2f")
    table = _table("Not computed", "section", "")
    for each in inputs.left_out:
        table.add_row(each.name, each.section, each.why)
    table.columns[2].justify = "left"
    console.print(table)
    _dates(console, inputs)


def _lines(console: Console, found: Estimate, title: str, remarks: dict[str, str], kind: str = ",.0f") -> None:
    """Print the study's dollars and ours side by side."""
    table = _table(title, "study said", "ours", "ratio", "")
    for line in found.lines:
        remark = remarks.get(line.component, "")
        what = f"{line.what} ({line.source}){f': {remark}' if remark else ''}"
        said = "–" if line.study is None else _span(line.study, kind)
        table.add_row(line.component, said, _span(line.usd, kind), _ratio(line.ratio), what)
    table.columns[4].justify = "left"
    console.print(table)


def _reasons(inputs: Inputs) -> dict[str, str]:
    once = {component.name: component.why for component in inputs.one_time.components}
    return once | {service: said.why for service, said in inputs.services_said.items()}


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
    compared = report.scenario == inputs.plan(report.plan).scenario
    table = _table("US dollars a month", "study said", "by its models", "ratio", "by today's", "")
    why = {component.name: component.why for component in inputs.plan(report.plan).components}
    for old, new in zip(report.study.lines, report.today.lines, strict=True):
        remark = why.get(old.component) if compared else ""
        what = f"{old.what} ({old.source}){f': {remark}' if remark else ''}"
        said = _span(old.study) if compared and old.study else "–"
        table.add_row(old.component, said, _span(old.usd), _ratio(old.ratio) if compared else "–", _span(new.usd), what)
    table.add_section()
    said, ratio = (_span(report.study_monthly), _ratio(report.ratio)) if compared else ("–", "–")
    table.add_row("together", said, _span(report.study.usd), ratio, _span(report.today.usd), "")
    table.columns[5].justify = "left"
    console.print(table)
    savings = _table("What is saved, each alone", "study said", "by its models", "by today's", "")
    for name, saving in inputs.savings.items():
        then, now = report.effects[name]
        savings.add_row(name, saving.said, _span(then), _span(now), saving.what)
    savings.add_section()
    known = ", ".join(name for name, saving in inputs.savings.items() if saving.study)
    said = _span(report.study_optimised) if compared else "–"
    savings.add_row("left as in the study", said, _span(report.study_saved.usd), "", f"with {known}")
    savings.add_row("left with all of them", "", "", _span(report.today_saved.usd), "")
    savings.columns[4].justify = "left"
    console.print(savings)
    console.print("stated: the study's quantity; implied: its dollars over its unit price; ours: an assumption.")
    console.print("What one saves may not be there for another to save.")
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


def _tight(span: str) -> str:
    return span.replace(" ", "")


def _ratio(ratio: tuple[float | None, float | None]) -> str:
    shown = list(dict.fromkeys("–" if each is None else f"{each:.2f}" for each in ratio))
    return " – ".join(shown) if len(shown) == 1 or "–" not in shown else shown[-1]
