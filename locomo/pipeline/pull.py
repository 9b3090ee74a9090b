"""What dvc.lock records, brought here from the remote instead of being run again."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.pipeline.definition import PIPELINE
from locomo.pipeline.reach import reach
from locomo.pipeline.remote import read_remote
from locomo.pipeline.remote_trouble import RemoteError

LOCK: Final = Path("dvc.lock")
RAW: Final = Path("data/raw")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of it. Paths are relative to the project."""

    files: int
    """How many were fetched."""
    absent: list[str]
    """Outputs of stages, and what was asked for by name, that the remote lacks or has damaged."""
    datasets: list[str]
    """Datasets that it lacks or has damaged."""
    stale: list[str]
    """Stages whose code or params are not those of dvc.lock."""


def pull(targets: Sequence[str] = ()) -> Pulled:
    """Bring stages' outputs and datasets, or `targets` (stages, outputs, .dvc files) alone; nothing is run.

    InputError where no remote is set up or a target is unknown, RemoteError where the remote cannot be used.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    if not LOCK.is_file() or not PIPELINE.is_file():
        raise InputError(f"{LOCK}: no such file: nothing is recorded here yet, `dvc repro` runs the pipeline")
    reach(read_remote())
    for library in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(library).setLevel(logging.ERROR)  # what is absent is said by name
    try:
        with Repo() as repo:
            wanted = list(targets) or _recorded(repo)
            done = repo.pull(targets=wanted, allow_missing=True)
            stages = [stage for target in wanted for stage in repo.stage.collect(target)]
            outs = {out: stage for stage in stages for out in stage.outs if out.use_cache}
            absent = {str(out): stage for out, stage in outs.items() if out.changed_cache()}
            stale = [stage.addressing for stage in repo.reproduce(dry=True, allow_missing=True)]
    except DvcException as error:
        raise RemoteError(f"dvc pull: {' '.join(str(error).split())}") from None
    datasets = [] if targets else sorted(name for name, stage in absent.items() if stage.is_data_source)
    return Pulled(
        files=done["stats"].get("fetched", 0),
        absent=sorted(absent.keys() - set(datasets)),
        datasets=datasets,
        stale=stale,
    )


def run_what_changed() -> int:
    """Run the stages that changed, with what they read brought from the remote; return DVC's exit code."""
    command = [sys.executable, "-P", "-m", "dvc", "repro", "--pull", "--allow-missing"]
    return subprocess.run(command, check=False).returncode  # noqa: S603  (nothing of it comes from outside)


def _recorded(repo: Any) -> list[str]:
    """Return the stages, and the datasets that are tracked beside them."""
    stages = [stage.addressing for stage in repo.index.stages if not stage.is_data_source]
    return [*stages, *(path.as_posix() for path in sorted(RAW.glob("*.dvc")))]
