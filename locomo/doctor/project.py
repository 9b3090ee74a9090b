"""The project: its params, what git and DVC say of it, and whether its keys are kept out of git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from locomo.doctor.finding import Finding
from locomo.errors import InputError, LocomoError
from locomo.pipeline.models import open_provider
from locomo.pipeline.params import read_params
from locomo.repository import explain, open_repo, work_to_do

KEYS: Final = ".env"
RAW: Final = Path("data/raw")


def project() -> list[Finding]:
    """Look at the project in the current folder."""
    return [_params(), *_datasets(), *_git(), _dvc()]


def _params() -> Finding:
    try:
        params = read_params()
        open_provider(params, params.model, to_ask=not params.llm.offline)
    except LocomoError as error:
        return Finding("project", "params.yaml", "invalid", str(error))
    return Finding("project", "params.yaml", "found", f"model {params.model} can be used, dataset {params.dataset}")


def _git() -> Iterator[Finding]:
    commit = _run("git", "rev-parse", "--short", "HEAD")
    if commit is None:
        yield _no_commit()
        return
    changed = len((_run("git", "status", "--porcelain") or "").splitlines())
    differ = {0: "nothing differs", 1: "1 file differs"}.get(changed, f"{changed} files differ")
    yield Finding("project", "git", "found", f"at {commit.strip()}, {differ} from it")
    if Path(KEYS).is_file():
        if _run("git", "ls-files", "--error-unmatch", KEYS) is not None:
            cure = f"it is in git: `git rm --cached {KEYS}`, and replace every key in it, since they are in the history"
            yield Finding("project", KEYS, "invalid", cure)
        elif _run("git", "check-ignore", "-q", KEYS) is None:
            yield Finding("project", KEYS, "invalid", f"git does not ignore it: add /{KEYS} to .gitignore")
        else:
            yield Finding("project", KEYS, "found", "ignored by git")


def _no_commit() -> Finding:
    try:
        with open_repo() as repo:
            if not type(repo.scm).__name__.startswith("No"):
                return Finding("project", "git", "missing", "no commit yet; metrics cannot be compared")
    except InputError as error:
        return Finding("project", "git", "invalid" if Path(".dvc").is_dir() else "missing", str(error))
    return Finding("project", "git", "missing", "no repository here; metrics cannot be compared")


def _datasets() -> Iterator[Finding]:
    """Datasets that copies of this workspace would lack, and links that lead nowhere."""
    for path in sorted(RAW.glob("*")):
        if path.is_symlink() and not path.exists():
            cure = f"a link to what is not in DVC's cache, which `dvc repro` stumbles over: `rm {path}`, then fetch it"
            yield Finding("project", str(path), "invalid", f"{cure} if it is needed (data/raw/README.md)")
    try:
        path = RAW / f"{read_params().dataset}.json"
    except LocomoError:
        return
    known = path.with_name(f"{path.name}.dvc").is_file() or _run("git", "ls-files", "--error-unmatch", str(path))
    if path.is_file() and not known:
        note = "known to neither git nor DVC, so that `dvc exp run --temp` and --queue lack it: add "
        yield Finding("project", str(path), "found", f"{note}`--copy-paths {path}` to them, or `dvc add {path}`")


def _dvc() -> Finding:
    from dvc.exceptions import DvcException
    from dvc.lock import LockError

    try:
        with open_repo() as repo:
            changed = work_to_do(repo)
    except LockError:
        return Finding("project", "dvc", "found", "a run is on")
    except (DvcException, InputError, OSError) as error:  # OSError: a full disk, above all
        return Finding("project", "dvc", "invalid", explain(error))
    if changed:
        return Finding("project", "dvc", "found", f"`dvc repro` has work to do, beginning with {changed[0]}")
    return Finding("project", "dvc", "found", "all stages are up to date")


def _run(*command: str) -> str | None:
    """Return what a command prints; None where it fails, or is not here."""
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
