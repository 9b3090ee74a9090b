"""`locomo track`: the last run, logged to an experiment tracker."""

from __future__ import annotations

from typing import Annotated

import typer


def track(
    to: Annotated[str, typer.Option(help="Tracker: dvclive (files in logs/dvclive) or wandb (Weights & Biases).")],
    project: Annotated[str, typer.Option(help="Project at Weights & Biases.")] = "locomo",
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
) -> None:
    """Log the last run's parameters and metrics to a tracker. Answers and conversations are not sent."""
    from locomo.reporting.trackers import track as track_run
    from locomo.reporting.trackers import tracked

    typer.echo(track_run(to, tracked(), project=project, name=name))
