"""`locomo results`: the metrics of the last run as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from locomo.cli.table import print_means
from locomo.errors import InputError
from locomo.files import read_json
from locomo.reporting.card import NONE
from locomo.reporting.intervals import read_halves
from locomo.reporting.metrics import CARD, FAMILIES
from locomo.schema.prediction import base_configuration
from locomo.scoring import field_of, metric_names, scoring_protocol
from locomo.scoring.comparison import PRIMARY

METRICS_FOLDER = Path("metrics")
REPORT = Path("reports/report.html")


def results() -> None:
    """Print the metrics of the last `dvc repro` and where its report lies."""
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
    if REPORT.is_file():
        typer.echo(f"Report: {REPORT.resolve()}")
    else:
        typer.echo(f"Report: not here ({REPORT}); `dvc checkout` or `dvc repro` brings it back")
