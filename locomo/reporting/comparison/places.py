"""Where a run is read from: a folder or a file, or a revision of git with what DVC keeps of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any, Final

from locomo.errors import InputError
from locomo.repository import open_repo

WORKSPACE: Final = "workspace"
"""The name of the files as they lie here."""
READ: Final = ("metrics", "data/scores", "data/predictions", "data/captioned")
"""Folders of a project that are read."""


@contextmanager
def opened(name: str, *, fetch: bool = False) -> Iterator[Path]:
    """Give the folder or file that a name stands for: a path, a git revision, an experiment's name, or 'workspace'.

    Of a revision it is a temporary copy, of what git has and what is in DVC's cache; with `fetch` also of what is in
    its default remote. InputError if there is nothing of that name.
    """
    if name == WORKSPACE:
        yield Path()
    elif Path(name).exists():
        yield Path(name)
    else:
        files = _history(name, fetch)
        with TemporaryDirectory(prefix="locomo-") as folder:
            for part in READ:
                _copy(files, part, Path(folder))
            yield Path(folder)


def _history(revision: str, fetch: bool) -> Any:
    from dvc.api import DVCFileSystem
    from dvc.exceptions import DvcException
    from dvc.scm import resolve_rev
    from scmrepo.exceptions import SCMError

    expected = f"expected a folder, a file, a git revision, the name of an experiment, or '{WORKSPACE}'"
    # Without a remote, what is not here is not looked for elsewhere: that may take a network, keys and a minute.
    config = {} if fetch else {"core": {"remote": ""}}
    try:
        with open_repo() as repo:
            return DVCFileSystem(repo.root_dir, rev=resolve_rev(repo.scm, revision), config=config)
    except (DvcException, SCMError, InputError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"'{revision}': {said}; {expected}") from None


def _copy(files: Any, folder: str, target: Path) -> None:
    """Copy the files of a folder, without those in folders below; those that are not here are passed over."""
    from dvc.exceptions import DvcException
    from dvc_data.index.index import DataIndexError

    absent = (FileNotFoundError, NotADirectoryError, DataIndexError, DvcException)
    with suppress(*absent):
        for entry in files.ls(folder, detail=True):
            name = PurePosixPath(entry["name"])
            if entry["type"] == "file" and name.suffix in (".json", ".jsonl"):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                with suppress(*absent):
                    (target / name).write_bytes(files.read_bytes(entry["name"]))
