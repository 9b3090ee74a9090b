"""The `locomo` command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Final

import typer

from locomo.cli.ask import ask
from locomo.cli.cache import cache
from locomo.cli.compare import compare
from locomo.cli.costs import costs
from locomo.cli.datasets import datasets
from locomo.cli.doctor import doctor
from locomo.cli.errata import errata
from locomo.cli.explain import explain
from locomo.cli.export import export
from locomo.cli.export_embeddings import export_embeddings
from locomo.cli.gateway import gateway
from locomo.cli.images import images
from locomo.cli.judge_panel import judge_panel
from locomo.cli.leaderboard import leaderboard
from locomo.cli.memory import memory
from locomo.cli.models import models
from locomo.cli.plan import plan
from locomo.cli.publish import publish
from locomo.cli.pull import pull
from locomo.cli.remote import remote
from locomo.cli.results import results
from locomo.cli.retrieval import retrieval
from locomo.cli.review import review
from locomo.cli.run import run
from locomo.cli.score import score
from locomo.cli.track import track
from locomo.cli.validate import validate
from locomo.errors import LocomoError
from locomo.extras import advice
from locomo.files import full_disk
from locomo.output import print_what_fits

app = typer.Typer(
    help="Evaluate long-term memory with LoCoMo. DVC runs the stages: dvc repro, dvc exp run -S model=...",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
RUN, SCORE, INSPECT, SHARE, MAINTAIN = "Run", "Score and compare", "Inspect", "Share", "Maintain"
_COMMANDS: Final[dict[str, tuple[Callable[..., None], ...]]] = {
    RUN: (plan, run, ask, gateway),
    SCORE: (results, score, compare, explain, review, judge_panel),
    INSPECT: (retrieval, errata, images, costs),
    SHARE: (pull, remote, export, export_embeddings, publish, leaderboard, track),
    MAINTAIN: (doctor, validate),
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(datasets, name="datasets", rich_help_panel=RUN)
app.add_typer(models, name="models", rich_help_panel=INSPECT)
app.add_typer(memory, name="memory", rich_help_panel=INSPECT)
app.add_typer(cache, name="cache", rich_help_panel=MAINTAIN)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("locomo-pipeline"))
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command; a user's mistake is one line on stderr and an exit code (see `locomo.errors`)."""
    print_what_fits()
    try:
        app()
    except LocomoError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except (OSError, ModuleNotFoundError) as error:
        said = advice(error) if isinstance(error, ModuleNotFoundError) else full_disk(error)
        if said is None:
            raise
        typer.echo(f"error: {said}", err=True)
        sys.exit(LocomoError.exit_code)
