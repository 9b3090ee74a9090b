"""The DVC project in the current folder, opened; what stands in the way is said in a line with the cure."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locomo.errors import InputError
from locomo.files import full_disk

if TYPE_CHECKING:
    from dvc.repo import Repo

ALWAYS = ["always changed"]
"""What DVC says of a stage that runs each time."""
NO_GIT = "there is no git repository around it: `git init`, or without git `dvc config --local core.no_scm true`"


def open_repo() -> Repo:
    """Open the project.

    InputError where there is none, where it has no git and does not say so, and where git takes it for somebody else's.
    """
    from dvc.exceptions import DvcException, NotDvcRepoError
    from dvc.repo import Repo
    from dvc.scm import NoSCM

    try:
        repo = Repo()
        if not isinstance(repo.scm, NoSCM):
            _ask_git()
    except NotDvcRepoError:
        raise InputError("this folder is in no DVC project; expected to run where dvc.yaml is") from None
    except DvcException as error:
        raise InputError(explain(error)) from None
    except Exception as error:
        if (said := of_git(error) or full_disk(error)) is None:
            raise
        raise InputError(said) from None
    return repo


def _ask_git() -> None:
    """InputError where git refuses: some of DVC's libraries look away, and others end in a traceback."""
    try:
        command = ["git", "rev-parse"]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stderr  # noqa: S603
    except OSError:  # DVC reads commits by itself
        return
    if (refused := of_git(RuntimeError(said))) is not None:
        raise InputError(refused)


def explain(error: Exception) -> str:
    """Return what DVC says in a line, with the cure where it names none."""
    return of_git(error) or " ".join(str(error).split())


def of_git(error: Exception) -> str | None:
    """Return what keeps git from opening the folder, with the cure; None for any other error."""
    said = " ".join(str(error).split())
    if "not owned by" in said or "dubious ownership" in said:
        owned = f"git config --global --add safe.directory {Path.cwd()}"
        return f"{Path.cwd()}: git takes this clone for another user's and does not open it: `{owned}`"
    if "is not a git repository" in said:
        return f"{Path.cwd()}: {NO_GIT}"
    return None


def work_to_do(repo: Repo) -> list[str]:
    """Return what `dvc repro` would run, by name, and datasets that were changed.

    A stage that runs each time is no work, and neither is a dataset that nobody has asked for. LockError of DVC's while
    a run is on.
    """
    status: Mapping[str, Any] = repo.status()
    return [
        name.rpartition(":")[2]
        for name, entry in status.items()
        if entry != ALWAYS and not (_is_data(name) and _absent(entry))
    ]


def _is_data(name: str) -> bool:
    return name.endswith(".dvc")


def _absent(entry: Any) -> bool:
    """Whether all that DVC says of a stage is that files are not here."""
    return all(
        state in ("deleted", "not in cache")
        for part in entry
        for states in (part.values() if isinstance(part, dict) else [])
        for state in _leaves(states)
    ) and all(isinstance(part, dict) for part in entry)


def _leaves(states: Any) -> list[Any]:
    if isinstance(states, dict):
        return [leaf for value in states.values() for leaf in _leaves(value)]
    return [states]
