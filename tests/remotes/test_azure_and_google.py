"""Results go to Azure Blob Storage and to Google Cloud Storage, against their emulators where these are installed."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import ROOT, Project
from s3_servers import free_port

AZURITE = os.environ.get("LOCOMO_AZURITE") or shutil.which("azurite-blob")
"""`npm install azurite` puts it into node_modules/.bin."""
ACCOUNT = "devstoreaccount1"
# The published key of every emulator: no secret.
ACCOUNT_KEY = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"  # pragma: allowlist secret
    "K1SZFPTOtr/KBHBeksoGMGw=="  # pragma: allowlist secret
)


def connection(port: int, key: str = ACCOUNT_KEY) -> str:
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={endpoint};"


@contextmanager
def serving(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None
            time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def some_files(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project", {"PYTHONPATH": str(ROOT)})
    (project.root / "results").mkdir(parents=True)
    for number in range(5):
        # Never a carriage return at the end: Google's emulator drops it, and what comes back is another file.
        project.path(f"results/{number}").write_bytes(os.urandom(1000) + b".")
    project.must("git", "init", "-q")
    project.must("dvc", "init", "-q")
    project.must("dvc", "add", "-q", "results")
    return project


def goes_and_comes_back(project: Project) -> None:
    before = {path.name: path.read_bytes() for path in project.path("results").iterdir()}
    project.must("dvc", "push")
    assert "reachable; `locomo pull` brings what it holds" in project.must("locomo", "remote")
    shutil.rmtree(project.path("results"))
    shutil.rmtree(project.path(".dvc/cache"))
    project.must("dvc", "pull")
    assert {path.name: path.read_bytes() for path in project.path("results").iterdir()} == before


@pytest.mark.skipif(AZURITE is None, reason="azurite is not installed: npm install azurite, LOCOMO_AZURITE=its path")
def test_azure(some_files: Project) -> None:
    from azure.storage.blob import BlobServiceClient

    port = free_port()
    command = [str(AZURITE), "--blobHost", "127.0.0.1", "--blobPort", str(port)]
    with serving([*command, "--inMemoryPersistence", "--skipApiVersionCheck", "--disableTelemetry"], port):
        BlobServiceClient.from_connection_string(connection(port)).create_container("box")
        some_files.environment["AZURE_STORAGE_CONNECTION_STRING"] = connection(port)
        assert "reachable, and empty" in some_files.must("locomo", "remote", "azure://box/results")
        assert ACCOUNT_KEY not in some_files.path(".dvc/config").read_text()
        goes_and_comes_back(some_files)

        code, said = some_files.run("locomo", "remote", AZURE_STORAGE_CONNECTION_STRING=connection(port, "AAAA"))
        assert (code, "azure://box/results: refused (Server failed to authenticate" in said) == (1, True), said
        code, said = some_files.run("locomo", "remote", "azure://nobody-made-it/x")
        assert (code, "there is no bucket 'nobody-made-it'" in said) == (1, True), said


@pytest.mark.skipif(find_spec("gcp_storage_emulator") is None, reason="gcp-storage-emulator is not installed")
def test_google(some_files: Project) -> None:
    port = free_port()
    some_files.environment["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"  # it would speak gRPC to the emulator
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", "--host=127.0.0.1", f"--port={port}"]
    with serving([*command, "--in-memory", "--default-bucket=box"], port):
        some_files.run("locomo", "remote", "gs://box/results", "--endpoint", f"http://127.0.0.1:{port}")
        some_files.must("dvc", "remote", "modify", "storage", "allow_anonymous_login", "true")
        assert "reachable, and empty" in some_files.must("locomo", "remote")
        goes_and_comes_back(some_files)
