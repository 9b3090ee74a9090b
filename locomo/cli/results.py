"""`locomo results`: the metrics of the last run as one table."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from locomo.cli.console import open_console
from locomo.cli.table import print_means
from locomo.cli.tasks import print_tasks
from locomo.errors import InputError
from locomo.extras import advice
from locomo.files import read_json
from locomo.memory.times import times_of
from locomo.pipeline.definition import PIPELINE
from locomo.pipeline.run_summary import stage_times
from locomo.progress import duration
from locomo.reporting.card import NONE
from locomo.reporting.conformance import conformance_table
from locomo.reporting.intervals import read_halves
from locomo.reporting.memory import memory_table
from locomo.reporting.metrics import CARD
from locomo.reporting.task_tables import TITLES
from locomo.schema.prediction import base_configuration
from locomo.scoring import FAMILIES, field_of, metric_names, scoring_protocol
from locomo.scoring.comparison import PRIMARY

METRICS_FOLDER = Path("metrics")
REPORT = Path("reports/report.html")
_WIDTH_OF_MEMORY = 120


def results() -> None:
    """Show the scores of the last run, the path of its report, and whether anything has changed since."""
    if not (METRICS_FOLDER / "usage.json").is_file():
        raise InputError(f"{METRICS_FOLDER}: no results there; run `dvc repro` in the project's folder first")
    usage = read_json(METRICS_FOLDER / "usage.json")
    means: dict[str, dict[str, dict[str, Any]]] = {}
    for configuration, counts in usage["usage"].items():  # repeats have a row each: their means are together
        overall = means.setdefault(base_configuration(configuration), {"overall": {"errors": 0}})["overall"]
        overall["n"] = counts["questions"]
        overall["errors"] += counts["errors"]
    names: dict[str, str] = metric_names(scoring_protocol(usage["protocol"]))
    for family in FAMILIES:
        for name, configurations in read_json(METRICS_FOLDER / f"{family}.json").items():
            if (field := field_of(name)) is None:
                continue
            names[field] = name
            for configuration, groups in configurations.items():
                for group, value in groups.items():
                    means[configuration].setdefault(group, {})[field] = value
    typer.echo(", ".join(f"{name} {usage[name]}" for name in CARD))
    if (judge := usage["card"]["judge"]) != NONE:
        typer.echo(f"judge {judge}")
    intervals = METRICS_FOLDER / "intervals.json"
    print_means(means, names, read_halves(intervals, PRIMARY) if intervals.is_file() else {})
    _print_memory(usage.get("memory", {}), usage.get("memory_checks", {}))
    print_tasks({task: read_json(path) for task in TITLES if (path := METRICS_FOLDER / f"{task}.json").is_file()})
    if times := stage_times():
        each = ", ".join(f"{stage} {duration(seconds)}" for stage, seconds in times.items())
        typer.echo(f"Stages of the last run: {duration(sum(times.values()))} ({each})")
    if REPORT.is_file():
        typer.echo(f"Report: {REPORT.resolve()}")
    else:
        typer.echo(f"Report: not here ({REPORT}); `dvc checkout {REPORT}` or `dvc repro` brings it back")
    if PIPELINE.is_file() and (said := _since()) is not None:
        typer.echo(said)


def _print_memory(usage: Mapping[str, Mapping[str, float]], checks: Mapping[str, Any]) -> None:
    console = open_console(_WIDTH_OF_MEMORY)
    if usage:
        console.print(memory_table(usage, {name: times_of(name) for name in usage}))
    if checks:
        console.print(conformance_table(checks))


def _since() -> str | None:
    """Return one line on what has changed since the run; None where nothing has."""
    from locomo.pipeline.stale import stale

    if find_spec("dvc") is None:
        return f"Whether anything has changed since is not known: {advice(ModuleNotFoundError(name='dvc'))}"
    said = stale()
    return None if said is None else f"These numbers are of an older run: {said}"
