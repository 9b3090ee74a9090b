"""An environment of its own for each memory system: their dependencies exclude each other, and ours."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock

from locomo.cache_folder import kept_folder
from locomo.errors import InputError
from locomo.files import read_text, write_text
from locomo.memory.description import SYSTEMS, describe

LOCK: Final = "requirements.lock"
INSTALLED: Final = "installed"
"""A file that stands in an environment once all of it is there."""
_DIGITS: Final = 12
_PIP_TO_UV: Final = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
}
"""uv is told what pip is told by its environment."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with exactly what a system's lock names."""

    name: str

    @property
    def lock(self) -> Path:
        """The versions of all that it holds."""
        return SYSTEMS / self.name / LOCK

    @property
    def folder(self) -> Path:
        """Where it is: another lock, or another Python, is another environment."""
        about = f"{sys.version_info[:2]}\n{read_text(self.lock)}"
        return kept_folder("memory") / f"{self.name}-{hashlib.sha256(about.encode()).hexdigest()[:_DIGITS]}"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def installed(self) -> bool:
        """Whether all of it is there."""
        return (self.folder / INSTALLED).is_file()

    @property
    def bytes(self) -> int:
        """What it takes on disk."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_blocks * 512 if os.name != "nt" else path.stat().st_size for path in files)

    def command(self) -> list[str]:
        """Return the program that serves the system; InputError if it is not installed."""
        if not self.installed:
            raise InputError(
                f"memory system '{self.name}' is not installed here: `locomo memory install {self.name}` makes an "
                "environment for it"
            )
        return [str(self.python), str(SYSTEMS / self.name / "adapter.py")]

    def install(self) -> None:
        """Make it, unless it is there. One process at a time; what another one left half-made is made anew.

        InputError with the installer's last line if it fails.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(f"{self.folder}.lock"):
            if self.installed:
                return
            shutil.rmtree(self.folder, ignore_errors=True)
            for command in self._commands():
                self._run(command)
            write_text(self.folder / INSTALLED, "")

    def remove(self) -> None:
        """Delete it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _commands(self) -> list[list[str]]:
        folder, python, lock = map(str, (self.folder, self.python, self.lock))
        if (uv := shutil.which("uv")) is not None:
            return [
                [uv, "venv", "-q", "--python", sys.executable, folder],
                [uv, "pip", "install", "-q", "--no-deps", "--python", python, "-r", lock],
            ]
        return [
            [sys.executable, "-m", "venv", folder],
            [python, "-m", "pip", "install", "-q", "--no-deps", "--disable-pip-version-check", "-r", lock],
        ]

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(command, capture_output=True, text=True, env=_for_uv(os.environ), check=False)  # noqa: S603
        if done.returncode:
            said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            raise InputError(
                f"memory system '{self.name}': its environment cannot be made in {self.folder} "
                f"({said[-1] if said else f'exit code {done.returncode}'}); `{' '.join(command)}` says more"
            )


def environment_of(name: str) -> Environment:
    """Return the environment of a system that the project ships an adapter for; InputError for an unknown one."""
    describe(name)
    return Environment(name)


def _for_uv(environment: Mapping[str, str]) -> dict[str, str]:
    told = {theirs: environment[ours] for ours, theirs in _PIP_TO_UV.items() if environment.get(ours)}
    return {**told, **environment}
