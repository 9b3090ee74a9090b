"""`locomo review`: what a change does to the results, as a comment for its pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from locomo.errors import StaleError
from locomo.files import write_text


def review(
    base: Annotated[str, typer.Option(help="Branch or commit to merge into.")] = "origin/main",
    out: Annotated[Path | None, typer.Option(help="File to write instead of printing.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Folder for the output of `dvc plots diff`.")] = None,
) -> None:
    """Review the workspace against --base, without keys or data. Exits with 4 if results are stale or missing."""
    from locomo.pipeline.stale import stale
    from locomo.reporting.review import review as review_change
    from locomo.repository import open_repo

    open_repo().close()  # what keeps git from opening it is said before anything is concluded from that
    found = review_change(base, stale(), plots=plots)
    if out is None:
        typer.echo(found.text, nl=False)
    else:
        write_text(out, found.text)
    if found.stale is not None:
        raise StaleError(found.stale)
