"""`locomo plan`: what a run would ask and cost."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table

from locomo.cli.console import open_console

if TYPE_CHECKING:
    from locomo.pipeline.plan import StagePlan

_WIDTH_OF_ALL = 170
"""Columns that the widest row takes."""


def plan(
    overrides: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Override a parameter, as in `dvc exp run -S`. May be repeated."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    power: Annotated[bool, typer.Option("--power", help="Print which differences two runs could show.")] = False,
    points: Annotated[float, typer.Option(help="Difference to be found, in points, for --power.")] = 3.0,
) -> None:
    """Estimate the calls, tokens, cost and time of `dvc repro`. Sends nothing and needs no key."""
    if power:
        from locomo.cli.plan_power import check_points, print_power, sizes_of
        from locomo.pipeline.params import read_params as read

        dataset = read(overrides or ()).dataset
        print_power(sizes_of(dataset), dataset, check_points(points))
        return
    from locomo.llm import open_cache
    from locomo.pipeline.params import read_params
    from locomo.pipeline.plan import plan as plan_stages

    params = read_params(overrides or ())
    cache = open_cache(params.llm.cache)
    try:
        plans = plan_stages(params, cache)
    finally:
        cache.close()
    if as_json:
        typer.echo(json.dumps([asdict(stage) for stage in plans], indent=2))
        return
    _print(plans, params.llm.budget_usd)


def _print(plans: list[StagePlan], budget: float | None) -> None:
    from locomo.pipeline.plan import SPENDERS

    console = open_console(_WIDTH_OF_ALL)
    models = dict.fromkeys(stage.model for stage in plans)
    console.print(", ".join(models), highlight=False)
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("stage", no_wrap=not console.is_terminal)
    for name in ("requests", "in cache", "new", "input tokens", "output tokens", "US dollars", "minutes"):
        table.add_column(name, justify="right")
    for stage in plans:
        what = f"{stage.stage}: {stage.purpose}"
        table.add_row(
            what if len(models) == 1 else f"{what} ({stage.model})",
            f"{stage.requests:,}" if stage.most is None else f"{stage.requests:,} – {stage.most:,}",
            f"{stage.cached:,}",
            f"{stage.new:,}",
            _span(*stage.input_tokens),
            _span(*stage.output_tokens),
            "not known" if stage.usd is None else _dollars(*stage.usd),
            "no limit set" if stage.minutes is None and stage.new else f"{stage.minutes or 0:.1f}",
        )
    console.print(table)
    silent = [stage for stage in SPENDERS if stage not in {plan.stage for plan in plans}]
    if silent:
        console.print(f"No model calls: {', '.join(silent)}.", highlight=False)
    for stage in plans:
        if stage.note:
            console.print(f"{stage.stage}, {stage.purpose}: {stage.note}.", highlight=False)
        if stage.usd is None:
            console.print(
                f"No price is known for {stage.model}: add it to prices.yaml here (see locomo/llm/prices.yaml).",
                highlight=False,
            )
            break
    else:
        costs = [stage.usd for stage in plans if stage.usd is not None]
        low, high = sum(cost[0] for cost in costs), sum(cost[1] for cost in costs)
        console.print(f"Together: US dollars {_dollars(low, high)}.{_verdict(high, budget)}", highlight=False)


def _verdict(high: float, budget: float | None) -> str:
    if budget is None:
        return " llm.budget_usd is not set."
    return f" {'Within' if high <= budget else 'It may exceed'} llm.budget_usd = {budget:.2f}."


def _span(low: int, high: int) -> str:
    return f"{high:,}" if low == high else f"{_short(low)} – {_short(high)}"


def _short(number: int) -> str:
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k" if number >= 1e4 else f"{number:,}"


def _dollars(low: float, high: float) -> str:
    digits = 4 if 0 < high < 1 else 2
    first, last = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return last if first == last else f"{first} – {last}"
