"""Bringing a dataset that the project does not carry: its .dvc file, then the data, from the source or a DVC remote."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from locomo.dataset.converters import CONVERTERS
from locomo.dataset.converting import Converted
from locomo.dataset.optional import ConvertedDataset, ImportedFile, OptionalDataset, how_to_fetch
from locomo.errors import InputError
from locomo.files import pretty_json, read_json, write_text
from locomo.remotes.trouble import RemoteError
from locomo.repository import open_repo

RAW: Final = Path("data/raw")


def add_dataset(name: str, entry: OptionalDataset, remote: str | None = None) -> Path:
    """Import a dataset into data/raw/ and return the .dvc file, which git is told of and which is to be committed.

    From its source, or from a DVC remote that has it. RemoteError if that fails, and nothing is left of it.
    """
    return _import(RAW, [entry], remote)[0]


def add_converted(
    entry: ConvertedDataset, remote: str | None = None, given: Path | None = None
) -> tuple[Path, Converted]:
    """Import the files of a dataset into a folder of data/raw/, and convert them to a file beside it.

    `given` is the file of a dataset that is downloaded by hand; it is copied there. Return the .dvc file of the
    converted one, which DVC tracks as it does a dataset of the user's own, and what the conversion found. To run it
    again converts again. RemoteError and InputError as above, and where a dataset that it needs is not here.
    """
    folder = RAW / entry.folder
    needed = [RAW / f"{name}.json" for name in entry.needs]
    for path in needed:
        if not path.is_file():
            raise InputError(f"{path}: not here, and {entry.name} is made from it; {how_to_fetch(path.name)} first")
    originals = [folder / original.file for original in entry.originals]
    if given is None:
        _import(folder, entry.originals, remote)
        converted = _converted(entry, [*originals, *needed])
    else:
        converted = _converted(entry, [given, *needed])
        originals = [folder / f"{entry.name}.json"]
        folder.mkdir(parents=True, exist_ok=True)
        if given.resolve() != originals[0].resolve():
            originals[0].unlink(missing_ok=True)
            shutil.copyfile(given, originals[0])
        _track(originals[0])
    target = RAW / entry.file
    target.unlink(missing_ok=True)  # DVC may have linked it to its cache
    write_text(target, pretty_json(converted.samples))
    return _track(target), converted


def _converted(entry: ConvertedDataset, paths: Sequence[Path]) -> Converted:
    return CONVERTERS[entry.converter]({path.stem: read_json(path) for path in paths})


def _track(path: Path) -> Path:
    """Let DVC track a file as it does one of the user's own, and git ignore it; return its .dvc file."""
    with open_repo() as repo:
        logging.getLogger("dvc").setLevel(logging.ERROR)  # here: that DVC is imported sets it anew
        repo.add([str(path)])
    tracked = path.with_name(f"{path.name}.dvc")
    _tell_git(path.parent, [path.name], [tracked])
    return tracked


def _import(folder: Path, entries: Sequence[ImportedFile], remote: str | None) -> list[Path]:
    """Import files into a folder; return their .dvc files. If one fails, no new .dvc file is left."""
    tracked = [folder / f"{entry.file}.dvc" for entry in entries]
    made = [path for path in tracked if not path.is_file()]
    had = folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    for path, entry in zip(tracked, entries, strict=True):
        if path in made:
            path.write_text(entry.dvc_file, encoding="utf-8")
    try:
        _fetch(tracked, remote)
    except BaseException:
        for path in made:
            path.unlink()
        if not had and not any(folder.iterdir()):
            folder.rmdir()
        raise
    _tell_git(folder, [entry.file for entry in entries], tracked)
    return tracked


def _tell_git(folder: Path, names: Sequence[str], tracked: Sequence[Path]) -> None:
    """Let git ignore files of a folder, and know of their .dvc files."""
    ignore = folder / ".gitignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    if missing := [f"/{name}" for name in names if f"/{name}" not in lines]:
        ignore.write_text("\n".join([*lines, *missing]) + "\n", encoding="utf-8")
    # Experiments that run in a copy of the project take along what git knows of.
    files = [str(path) for path in (*tracked, ignore)]
    subprocess.run(["git", "add", *files], check=False, capture_output=True)  # noqa: S603, S607


def _fetch(tracked: Sequence[Path], remote: str | None) -> None:
    from dvc.exceptions import DvcException

    targets = [str(path) for path in tracked]
    logging.getLogger("dvc").setLevel(logging.ERROR)
    try:
        with open_repo() as repo:
            if remote is None:
                repo.update(targets)
            else:
                if remote not in repo.config["remote"]:
                    known = ", ".join(repo.config["remote"]) or "none is set up: `dvc remote add NAME URL`"
                    raise InputError(f"remote '{remote}': expected one of {known}")
                repo.pull(targets, remote=remote)
    except (DvcException, OSError) as error:
        source = f"DVC remote '{remote}'" if remote else "its source"
        what = tracked[0].with_suffix("") if len(tracked) == 1 else tracked[0].parent
        raise RemoteError(
            f"{what}: cannot be fetched from {source}: {' '.join(str(error).split())}. Without "
            "internet access, `locomo datasets add NAME --remote REMOTE` takes it from a DVC remote that has it"
        ) from None
