"""The machine: Python, packages, room on its disks, the folder that answers are kept in."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from locomo.doctor.finding import Finding
from locomo.errors import LocomoError
from locomo.llm import open_cache
from locomo.llm.cache.read_only import ReadOnlyBackend
from locomo.pipeline.params import PARAMS, read_params

PACKAGE: Final = "locomo-pipeline"
ROOM: Final = 1.0
"""GB that should be free: indexes, predictions and reports of locomo10 take less."""
GB: Final = 1e9


def machine() -> list[Finding]:
    """Look at what runs here."""
    return [*_python(), _cache(), *_disks()]


def _python() -> Iterator[Finding]:
    yield Finding("machine", "python", "found", f"{platform.python_version()} on {platform.platform(terse=True)}")
    try:
        wanted = [Requirement(text) for text in metadata.requires(PACKAGE) or ()]
    except metadata.PackageNotFoundError:
        yield Finding("machine", "packages", "invalid", f"{PACKAGE} is not installed; `make run` installs it")
        return
    wanted = [each for each in wanted if each.marker is None or each.marker.evaluate({"extra": ""})]
    gaps = list(filter(None, map(_gap, wanted)))
    if gaps:
        yield Finding("machine", "packages", "invalid", f"{'; '.join(gaps)}; `make run` installs what is needed")
    else:
        yield Finding("machine", "packages", "found", f"all {len(wanted)} that are needed, as they are needed")


def _gap(wanted: Requirement) -> str | None:
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return f"{wanted.name} is not installed"
    # Local parts, such as the +cpu of PyTorch, are no other version.
    if wanted.specifier.contains(version, prereleases=True):
        return None
    return f"{wanted.name} is {version}, expected {wanted.specifier}"


def _cache() -> Finding:
    try:
        location = read_params().llm.cache if PARAMS.is_file() else None
        cache = open_cache(location)
        try:
            if isinstance(cache.backend, ReadOnlyBackend):
                note = "can be read and not written: nothing new is asked; LOCOMO_CACHE_DIR names a folder of yours"
                return Finding("machine", "request cache", "found", note, cache.location)
            if cache.folder is None:
                return Finding("machine", "request cache", "found", "a server that answers")
            with tempfile.TemporaryFile(dir=cache.folder):
                return Finding("machine", "request cache", "found", "can be written", str(cache.folder))
        finally:
            cache.close()
    except (LocomoError, OSError) as error:
        return Finding("machine", "request cache", "invalid", str(error))


def _disks() -> Iterator[Finding]:
    here = Path.cwd()
    for name, folder in {"disk of the project": here, "disk of your home": Path.home()}.items():
        if not folder.is_dir():
            cure = "answers are kept there unless LOCOMO_CACHE_DIR names a folder that can be written"
            yield Finding("machine", name, "missing", f"no such folder; {cure}", str(folder))
            continue
        if name != "disk of the project" and os.stat(folder).st_dev == os.stat(here).st_dev:
            continue
        free = shutil.disk_usage(folder).free / GB
        enough = free >= ROOM
        note = f"{free:,.1f} GB free" + ("" if enough else f", expected at least {ROOM:.0f}")
        yield Finding("machine", name, "found" if enough else "invalid", note)
