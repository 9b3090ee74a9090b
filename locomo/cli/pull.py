"""`locomo pull`: the recorded results, brought here instead of being paid for again."""

from __future__ import annotations

from typing import Annotated

import typer


def pull(
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WHAT]...", help="Stages, outputs or .dvc files. Default: all outputs and datasets."),
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Then run what has changed: `dvc repro --pull --allow-missing`.")
    ] = False,
) -> None:
    """Fetch the recorded results from the DVC remote. Nothing is re-run or billed."""
    from locomo.remotes.pull import pull as bring
    from locomo.remotes.pull import run_what_changed
    from locomo.remotes.trouble import RemoteError

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
