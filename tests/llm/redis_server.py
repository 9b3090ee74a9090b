"""A Redis server of a test's own on loopback, that can be killed and started again over the same data."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from serving import held_port

REASON = None if shutil.which("redis-server") else "no redis-server on the path (apt-get install redis-server)"


class RedisServer:
    """Writes every command to disk before it answers, as docs/cache.md asks for."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._held = held_port()
        self.port = self._held.getsockname()[1]
        self.folder, self.options = folder, options
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        listen = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        keep = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen(["redis-server", *listen, *keep, *self.options], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("redis-server does not listen")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)
