"""`locomo pull`: the recorded results, brought here instead of being paid for again."""

from __future__ import annotations

from typing import Annotated

import typer


def pull(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WHAT]...", help="Stages, outputs or .dvc files; else all outputs and datasets."),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Then run what has changed since: `dvc repro --pull --allow-missing`.")
    ] = False,
) -> None:
    """Bring what dvc.lock records from the DVC remote. Nothing is run, and nothing is paid."""
    from locomo.pipeline.pull import pull as bring
    from locomo.pipeline.pull import run_what_changed
    from locomo.pipeline.remote_trouble import RemoteError

    done = bring(targets or ())
    typer.echo(f"{done.files:,} files fetched")
    if done.datasets:
        typer.echo(f"datasets that are not on the remote: {', '.join(done.datasets)}")
    if done.damaged:
        raise RemoteError(
            f"damaged on the remote: {', '.join(done.damaged)}; delete that there, and whoever has it runs `dvc push`"
        )
    if done.absent:
        raise RemoteError(f"not on the remote: {', '.join(done.absent)}; whoever has that runs `dvc push`")
    if run:
        raise typer.Exit(run_what_changed())
    if done.stale:
        typer.echo(
            f"results of other code or params than those here: {', '.join(done.stale)}; "
            "`locomo plan` says what running them costs, `dvc repro` runs them"
        )
