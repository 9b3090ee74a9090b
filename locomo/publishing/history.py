"""Where runs stand in history: experiments by name, and when a run was committed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from locomo.errors import InputError
from locomo.reporting.comparison.places import WORKSPACE
from locomo.repository import open_repo


def experiments() -> list[str]:
    """Return the names of all experiments of `dvc exp`, of every commit; InputError where there is none."""
    with open_repo() as repo:
        found = repo.experiments.ls(all_commits=True)
    names = sorted({name for listed in found.values() for name, _ in listed})
    if not names:
        raise InputError("--all: no experiments here; `dvc exp run` makes them")
    return names


def committed_at(name: str) -> datetime | None:
    """Return when a revision or an experiment was committed, in UTC without a zone; None for files as they lie."""
    if name == WORKSPACE or Path(name).exists():
        return None
    from dvc.scm import resolve_rev

    with open_repo() as repo:
        commit = repo.scm.resolve_commit(resolve_rev(repo.scm, name))
    return datetime.fromtimestamp(commit.commit_time, UTC).replace(tzinfo=None)
