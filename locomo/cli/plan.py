"""`locomo plan`: what a run would ask and cost."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from locomo.pipeline.plan import StagePlan

_WIDTH_OF_ALL = 120
"""Columns that the widest row takes."""


def plan(
    overrides: Annotated[
        list[str] | None,
        typer.Option("-S", "--set-param", help="Another value for one knob of params.yaml, as in `dvc exp run -S`."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what `dvc repro` would ask of the model with these params, and what that costs, before anything is sent."""
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
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_ALL)
    for model in dict.fromkeys(stage.model for stage in plans):
        console.print(model + (" (judge)" if model != plans[0].model else ""), highlight=False)
    table = Table(box=SIMPLE_HEAD, header_style="bold", padding=(0, 1), pad_edge=False)
    table.add_column("stage")
    for name in ("requests", "in cache", "new", "input tokens", "output tokens", "US dollars", "minutes"):
        table.add_column(name, justify="right")
    for stage in plans:
        table.add_row(
            stage.stage,
            f"{stage.requests:,}",
            f"{stage.cached:,}",
            f"{stage.new:,}",
            _span(*stage.input_tokens),
            _span(*stage.output_tokens),
            "not known" if stage.usd is None else _dollars(*stage.usd),
            "no limit set" if stage.minutes is None and stage.new else f"{stage.minutes or 0:.1f}",
        )
    console.print(table)
    asking = {stage.stage for stage in plans}
    silent = [name for name in ("generate", "caption", "embed", "score") if name not in asking]
    console.print(f"{', '.join(silent[:-1])} and {silent[-1]} ask no model.", highlight=False)
    for stage in plans:
        if stage.note:
            console.print(f"{stage.stage}: {stage.note}.", highlight=False)
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
    return f" llm.budget_usd = {budget:.2f} {'holds it' if high <= budget else 'may stop the run'}."


def _span(low: int, high: int) -> str:
    return f"{high:,}" if low == high else f"{_short(low)} – {_short(high)}"


def _short(number: int) -> str:
    return f"{number / 1e6:.1f} M" if number >= 1e6 else f"{number / 1e3:.0f} k" if number >= 1e4 else f"{number:,}"


def _dollars(low: float, high: float) -> str:
    return f"{high:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} – {high:.2f}"
