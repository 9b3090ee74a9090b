"""Bringing a dataset that the project does not carry: its .dvc file, then the data, from the source or a DVC remote."""

from __future__ import annotations

import logging
import subprocess
from pathlib import Path
from typing import Final

from locomo.dataset.optional import OptionalDataset
from locomo.errors import InputError
from locomo.remotes.trouble import RemoteError
from locomo.repository import open_repo

RAW: Final = Path("data/raw")


def add_dataset(name: str, entry: OptionalDataset, remote: str | None = None) -> Path:
    """Import a dataset into data/raw/ and return the .dvc file, which git is told of and which is to be committed.

    From its source, or from a DVC remote that has it. RemoteError if that fails, and nothing is left of it.
    """
    tracked = RAW / f"{entry.file}.dvc"
    had = tracked.is_file()
    if not had:
        tracked.parent.mkdir(parents=True, exist_ok=True)
        tracked.write_text(entry.dvc_file, encoding="utf-8")
    try:
        _fetch(tracked, remote)
    except BaseException:
        if not had:
            tracked.unlink()
        raise
    ignore = RAW / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    if f"/{entry.file}" not in lines:
        ignore.write_text("\n".join([*lines, f"/{entry.file}"]) + "\n", encoding="utf-8")
    # Experiments that run in a copy of the project take along what git knows of.
    subprocess.run(["git", "add", str(tracked), str(ignore)], check=False, capture_output=True)  # noqa: S603, S607
    return tracked


def _fetch(tracked: Path, remote: str | None) -> None:
    from dvc.exceptions import DvcException

    logging.getLogger("dvc").setLevel(logging.ERROR)
    try:
        with open_repo() as repo:
            if remote is None:
                repo.update([str(tracked)])
            else:
                if remote not in repo.config["remote"]:
                    known = ", ".join(repo.config["remote"]) or "none is set up: `dvc remote add NAME URL`"
                    raise InputError(f"remote '{remote}': expected one of {known}")
                repo.pull([str(tracked)], remote=remote)
    except (DvcException, OSError) as error:
        source = f"DVC remote '{remote}'" if remote else "its source"
        raise RemoteError(
            f"{tracked.with_suffix('')}: cannot be fetched from {source}: {' '.join(str(error).split())}. Without "
            "internet access, `locomo datasets add NAME --remote REMOTE` takes it from a DVC remote that has it"
        ) from None
