"""`locomo review`: what a change does to the results, as a comment for its pull request."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from locomo.errors import StaleError
from locomo.files import write_text


def review(
    base: Annotated[str, typer.Option(help="The branch or commit that the change is to go into.")] = "origin/main",
    out: Annotated[Path | None, typer.Option(help="Write the Markdown there instead of printing it.")] = None,
    plots: Annotated[Path | None, typer.Option(help="Also write `dvc plots diff` into this folder.")] = None,
) -> None:
    """Review the workspace against --base, without keys or data; exit code 4 where its results are stale."""
    from locomo.reporting.review import review as review_change

    found = review_change(base, plots=plots)
    if out is None:
        typer.echo(found.text, nl=False)
    else:
        write_text(out, found.text)
    if found.stale is not None:
        raise StaleError(found.stale)
