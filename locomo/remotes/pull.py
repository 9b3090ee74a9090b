"""What dvc.lock records, brought here from the remote instead of being run again."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from locomo.errors import InputError
from locomo.pipeline.definition import PIPELINE
from locomo.pipeline.stale import ALWAYS
from locomo.remotes.config import read_remote
from locomo.remotes.reach import reach
from locomo.remotes.trouble import RemoteError
from locomo.repository import open_repo

LOCK: Final = Path("dvc.lock")
RAW: Final = Path("data/raw")


@dataclass(frozen=True, slots=True)
class Pulled:
    """What became of it. Paths are relative to the project."""

    files: int
    """How many were fetched."""
    stale: list[str] = field(default_factory=list)
    """Stages whose code or params are not those of dvc.lock, where nothing is absent or damaged."""
    absent: list[str] = field(default_factory=list)
    """Outputs of stages, and what was asked for by name, that the remote lacks."""
    datasets: list[str] = field(default_factory=list)
    """Datasets that it lacks."""
    damaged: list[str] = field(default_factory=list)
    """Addresses of objects whose content is not what their name says."""


def pull(targets: Sequence[str] = ()) -> Pulled:
    """Bring stages' outputs and datasets, or `targets` (stages, outputs, .dvc files) alone; nothing is run.

    InputError where no remote is set up or a target is unknown, RemoteError where the remote cannot be used.
    """
    from dvc.exceptions import DvcException

    if not LOCK.is_file() or not PIPELINE.is_file():
        raise InputError(f"{LOCK}: no such file: nothing is recorded here yet, `dvc repro` runs the pipeline")
    remote = read_remote()
    reach(remote)
    for library in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(library).setLevel(logging.ERROR)  # what is absent is said by name
    try:
        with open_repo() as repo:
            wanted = list(targets) or _recorded()
            done = repo.pull(targets=wanted, allow_missing=True)
            _remove_dangling(repo)
            pulled = Pulled(files=done["stats"].get("fetched", 0))
            here = 0
            for stage in (stage for target in wanted for stage in repo.stage.collect(target)):
                for out in (out for out in stage.outs if out.use_cache):
                    if not out.changed_cache():
                        here += not stage.is_data_source
                    elif damaged := _damaged(repo, out):
                        pulled.damaged.extend(damaged)
                    elif stage.is_data_source and not targets:
                        pulled.datasets.append(str(out))
                    else:
                        pulled.absent.append(str(out))
            if not targets and not here and not pulled.damaged:
                raise RemoteError(
                    f"{remote.url} holds no results of this commit: whoever has them runs `dvc push`; or check out "
                    "a commit whose results are there, or run `dvc repro` to make them (`locomo plan` says the cost)"
                )
            if not pulled.absent and not pulled.damaged:  # else DVC cannot tell
                changed = (stage.addressing for stage in repo.reproduce(dry=True, allow_missing=True))
                pulled.stale.extend(name for name in changed if name != ALWAYS)
    except DvcException as error:
        raise RemoteError(f"dvc pull: {' '.join(str(error).split())}") from None
    return pulled


def run_what_changed() -> int:
    """Run the stages that changed, with what they read brought from the remote; return DVC's exit code."""
    command = [sys.executable, "-P", "-m", "dvc", "repro", "--pull", "--allow-missing"]
    return subprocess.run(command, check=False).returncode  # noqa: S603  (nothing of it comes from outside)


def _recorded() -> list[str]:
    """Return what has all stages, which DVC reads anew for each that is named, and the datasets that are tracked."""
    return [PIPELINE.as_posix(), *(path.as_posix() for path in sorted(RAW.glob("*.dvc")))]


def _remove_dangling(repo: Any) -> None:
    """Remove links that DVC makes to what its cache lacks (`cache.type symlink`): `dvc repro` stumbles over them."""
    for path in (Path(out.fs_path) for out in repo.index.outs):
        if path.is_symlink() and not path.exists():
            path.unlink()


def _damaged(repo: Any, out: Any) -> list[str]:
    """Return the addresses of an output's objects that the remote has and that could not be brought here.

    They were fetched, and did not have the hash that is their name.
    """
    remote = repo.cloud.get_remote_odb()
    hashes = [out.hash_info]
    if out.is_dir_checksum and out.cache.exists(out.hash_info.value):
        hashes = [found for _, _, found in out.get_obj()]
    return [
        remote.fs.unstrip_protocol(remote.oid_to_path(found.value))
        for found in hashes
        if not out.cache.exists(found.value) and remote.exists(found.value)
    ]
