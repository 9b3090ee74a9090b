"""`locomo results`: the metrics of the last run as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from locomo.cli.table import print_means
from locomo.errors import InputError
from locomo.files import read_json
from locomo.reporting.card import NONE
from locomo.reporting.metrics import CARD, FAMILIES
from locomo.scoring import field_of, metric_names, scoring_protocol

METRICS_FOLDER = Path("metrics")
REPORT = Path("reports/report.html")


def results() -> None:
    """Print the metrics of the last `dvc repro` and where its report lies."""
    if not (METRICS_FOLDER / "usage.json").is_file():
        raise InputError(f"{METRICS_FOLDER}: no results there; run `dvc repro` in the project's folder first")
    usage = read_json(METRICS_FOLDER / "usage.json")
    means: dict[str, dict[str, dict[str, Any]]] = {
        configuration: {"overall": {"n": counts["questions"], "errors": counts["errors"]}}
        for configuration, counts in usage["usage"].items()
    }
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
    print_means(means, names)
    if REPORT.is_file():
        typer.echo(f"Report: {REPORT.resolve()}")
    else:
        typer.echo(f"Report: not here ({REPORT}); `dvc checkout` or `dvc repro` brings it back")
