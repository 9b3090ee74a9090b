"""`locomo remote`: where results are kept for a team, set up and checked."""

from __future__ import annotations

from typing import Annotated

import typer


def remote(
    url: Annotated[
        str | None,
        typer.Argument(metavar="[URL]", help="s3://BUCKET/PREFIX, gs://…, azure://CONTAINER/PREFIX, or a folder."),
    ] = None,
    *,
    endpoint: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of an S3-compatible (or GCS) server.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Region of the bucket (S3).")] = None,
    profile: Annotated[
        str | None, typer.Option(help="Profile in ~/.aws (S3). Stored in .dvc/config.local, which git ignores.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="Storage account (Azure).")] = None,
    name: Annotated[str, typer.Option(help="Name of the remote in DVC.")] = "storage",
) -> None:
    """Set up URL as the project's DVC remote and check it. Without URL, check the current remote.

    Keys are never written to a file that git tracks (docs/remotes.md).
    """
    from locomo.errors import InputError
    from locomo.remotes.config import read_remote, set_remote
    from locomo.remotes.reach import reach

    given = {"endpointurl": endpoint, "region": region, "profile": profile, "account_name": account}
    options = {option: value for option, value in given.items() if value is not None}
    if url is not None:
        found = set_remote(url, name.lower(), options)
        typer.echo(f"remote '{found.name}' is the default now; commit .dvc/config, so that your team has it")
    elif options:
        raise InputError("these options belong to a URL: locomo remote s3://BUCKET/PREFIX ...")
    else:
        found = read_remote()
    typer.echo(f"{found.url} ({', '.join([found.name, *found.shown])})")
    if not found.options.get("verify"):
        typer.echo(
            f"verify is not set: DVC would not notice truncated files: dvc remote modify {found.name} verify true"
        )
    if reach(found):
        typer.echo("reachable; `locomo pull` brings what it holds")
    else:
        typer.echo("reachable, and empty: `dvc push` fills it")
