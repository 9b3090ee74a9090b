"""The `locomo` command."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from locomo.cli.ask import ask
from locomo.cli.cache import cache
from locomo.cli.compare import compare
from locomo.cli.costs import costs
from locomo.cli.doctor import doctor
from locomo.cli.errata import errata
from locomo.cli.export import export
from locomo.cli.export_embeddings import export_embeddings
from locomo.cli.images import images
from locomo.cli.judge_panel import judge_panel
from locomo.cli.models import models
from locomo.cli.plan import plan
from locomo.cli.pull import pull
from locomo.cli.remote import remote
from locomo.cli.results import results
from locomo.cli.retrieval import retrieval
from locomo.cli.review import review
from locomo.cli.score import score
from locomo.cli.track import track
from locomo.cli.validate import validate
from locomo.errors import LocomoError

app = typer.Typer(
    help="LoCoMo as a reproducible pipeline. DVC runs its stages: `dvc repro`, `dvc exp run -S model=...`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(score)
app.command()(results)
app.command()(compare)
app.command()(review)
app.command(name="judge-panel")(judge_panel)
app.command()(retrieval)
app.command()(errata)
app.command()(plan)
app.command()(remote)
app.command()(pull)
app.command()(ask)
app.command()(validate)
app.command()(costs)
app.command()(doctor)
app.command()(export)
app.command()(track)
app.command()(export_embeddings)
app.command()(images)
app.add_typer(models, name="models")
app.add_typer(cache, name="cache")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("locomo-pipeline"))
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; a user's mistake is one line on stderr and an exit code (see `locomo.errors`)."""
    try:
        app()
    except LocomoError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
