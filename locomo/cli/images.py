"""`locomo images`: the pictures that were fetched once and are kept for all runs, and the addresses that are dead."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer


def images(
    forget_dead: Annotated[
        bool, typer.Option("--forget-dead", help="Retry dead addresses and empty searches in the next run.")
    ] = False,
) -> None:
    """Show the downloaded images, and count failed addresses by reason."""
    from locomo.captioning.store import ImageStore

    store = ImageStore()
    if forget_dead:
        typer.echo(f"{store.forget_dead()} forgotten; `dvc repro -sf caption` asks them again")
        return
    links = list(store.links())
    files = {facts.sha256: store.path(facts) for link in links if (facts := link.facts) is not None}
    size = sum(path.stat().st_size for path in files.values() if path.is_file())
    dead = Counter(link.reason for link in links if link.facts is None)
    typer.echo(f"{store.folder}: {len(files)} images ({size / 1e6:.1f} MB) of {len(links)} addresses")
    for reason, count in dead.most_common():
        typer.echo(f"{count:6} dead: {reason}")
