"""Programs that tests run, without waiting each time for Python to import the libraries."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from warm.client import REAL, SEEN, SOCKET, read_early

HERE: Final = Path(__file__).parent
BIN: Final = Path(sys.executable).parent
PROGRAMS: Final = ("python", "dvc", "locomo")


class Warm:
    """A warm process, and a folder for the PATH whose programs run in its forks. While it starts, they run as ever."""

    def __init__(self, environment: dict[str, str]) -> None:
        """Say which environment the warm process has: programs with another one, as far as it matters, are as ever."""
        self._environment = environment
        self._folder: Path | None = None

    def environment(self, environment: dict[str, str]) -> dict[str, str]:
        """Return the environment in which a program and those that it starts are warm ones."""
        folder = self._folder or self._start()
        return environment | {
            "PATH": f"{folder}{os.pathsep}{environment['PATH']}",
            SOCKET: str(folder / "socket"),
            REAL: str(BIN),
            SEEN: json.dumps(read_early(self._environment)),
        }

    def _start(self) -> Path:
        self._folder = folder = Path(tempfile.mkdtemp(prefix="warm-"))
        for name in PROGRAMS:
            launcher = folder / name
            launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{HERE / "client.py"}" {name} "$@"\n')
            launcher.chmod(0o755)
        server = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), str(folder / "socket")],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "stderr").open("wb"),
        )

        @atexit.register
        def end() -> None:
            server.kill()
            server.wait()
            shutil.rmtree(folder, ignore_errors=True)

        return folder
