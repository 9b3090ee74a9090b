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
    endpoint: Annotated[str | None, typer.Option(metavar="URL", help="A server that speaks S3 (or GCS).")] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's region (S3).")] = None,
    profile: Annotated[
        str | None, typer.Option(help="A profile of ~/.aws (S3); kept in .dvc/config.local, for you alone.")
    ] = None,
    account: Annotated[str | None, typer.Option(help="The storage account (Azure).")] = None,
    name: Annotated[str, typer.Option(help="What DVC calls it.")] = "storage",
) -> None:
    """Make URL the DVC remote of this project and say whether it can be reached; without one, check the one there is.

    Keys are never written to a file that git tracks: docs/remotes.md.
    """
    from locomo.errors import InputError
    from locomo.pipeline.reach import reach
    from locomo.pipeline.remote import read_remote, set_remote

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
