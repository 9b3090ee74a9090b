"""`locomo track`: the last run, logged to an experiment tracker."""

from __future__ import annotations

from typing import Annotated

import typer


def track(
    to: Annotated[str, typer.Option(help="dvclive (files in logs/dvclive) or wandb (Weights & Biases).")],
    project: Annotated[str, typer.Option(help="The project at Weights & Biases.")] = "locomo",
    name: Annotated[str | None, typer.Option(help="A name for the run.")] = None,
) -> None:
    """Log params and metrics of the last `dvc repro` to a tracker. Answers and conversations are not sent."""
    from locomo.reporting.trackers import track as track_run
    from locomo.reporting.trackers import tracked

    typer.echo(track_run(to, tracked(), project=project, name=name))
