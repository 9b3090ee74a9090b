"""`locomo run`: what has changed, several stages at once."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer


def run(
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Stages to run at once.")] = 1,
) -> None:
    """Run what has changed, as `dvc repro`; with --jobs, stages that do not depend on each other side by side."""
    from locomo.pipeline.params import read_params

    budget = read_params(()).llm.budget_usd
    if jobs > 1 and budget is not None:
        typer.echo("llm.budget_usd holds for all stages together: they run one after the other", err=True)
        jobs = 1
    if jobs == 1:
        command = [sys.executable, "-P", "-m", "dvc", "repro"]
        raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603  (nothing from outside)
    from locomo.pipeline.side_by_side import run_stages

    raise typer.Exit(run_stages(jobs, lambda line: typer.echo(line, err=True)))
