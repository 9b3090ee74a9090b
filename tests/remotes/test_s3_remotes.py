"""Results go to S3 and come back whole: against two real servers, killed, refusing, or with damaged objects."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT, Project
from s3_servers import BUCKET, KEYS, client, free_port, moto, rclone

OUTPUTS = (
    "data/conversations",
    "data/captioned",
    "data/index",
    "data/predictions",
    "data/scores",
    "reports/report.html",
)
PREFIX = "team/results"
URL = f"s3://{BUCKET}/{PREFIX}"
AT_MOST = 10.0
"""Seconds until one who cannot get at a remote knows why."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    with moto() as address:
        yield address


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without any data, for checks alone."""
    root = tmp_path_factory.mktemp("checked") / "project"
    root.mkdir()
    project = Project(root, {**KEYS, "PYTHONPATH": str(ROOT)})
    project.must("git", "init", "-q")
    project.must("dvc", "init", "-q")
    return project


def contents(project: Project, *names: str) -> dict[str, str]:
    """SHA-256 by path of all files below."""
    roots = [project.path(name) for name in names]
    files = [path for root in roots for path in (root, *root.rglob("*")) if path.is_file()]
    return {
        path.relative_to(project.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.name != ".gitignore"
    }


def md5_of(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def clone_of(project: Project, folder: Path, **environment: str) -> Project:
    project.must("git", "clone", "-q", str(project.root), str(folder / "project"))
    return Project(folder / "project", {**project.environment, **environment})


def test_a_clone_gets_the_results_and_a_truncated_object_is_noticed_and_healed(
    project: Project, endpoint: str, tmp_path: Path
) -> None:
    project.environment |= KEYS
    asked = tmp_path / "asked"
    said = project.must("locomo", "remote", URL, "--endpoint", endpoint, "--region", "us-east-1")
    assert "reachable, and empty: `dvc push` fills it" in said
    project.must("git", "commit", "-qam", "a remote")
    empty = clone_of(project, tmp_path / "too_early")
    code, said = empty.run("locomo", "pull")
    assert (code, said.count("\n")) == (1, 1), said
    assert f"error: {URL} holds no results of this commit: whoever has them runs `dvc push`" in said
    project.must("dvc", "push")

    clone = clone_of(project, tmp_path / "clone", LOCOMO_MOCK_LOG=str(asked))
    said = clone.must("locomo", "pull")
    assert contents(clone, *OUTPUTS) == contents(project, *OUTPUTS) != {}
    assert re.fullmatch(r"\d+ files fetched\n", said), said
    dataset = clone.path("data/raw/other.json.dvc")
    dataset.write_text(f"outs:\n- md5: {'a' * 32}\n  size: 1\n  hash: md5\n  path: other.json\n", encoding="utf-8")
    assert clone.must("locomo", "pull") == "0 files fetched\ndatasets that are not on the remote: data/raw/other.json\n"
    dataset.unlink()
    assert clone.stages_run(clone.must("dvc", "repro")) == []
    assert not asked.exists()

    row = clone.path("dvc.lock").read_text().rpartition("    - path: data/predictions/qa.jsonl\n      hash: md5\n")[2]
    md5 = row.partition("md5: ")[2].split()[0]
    key = f"{PREFIX}/files/md5/{md5[:2]}/{md5[2:]}"
    whole = client(endpoint).get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert md5_of(whole) == md5
    client(endpoint).put_object(Bucket=BUCKET, Key=key, Body=whole[: len(whole) // 2])
    shutil.rmtree(clone.path(".dvc/cache"))
    clone.path("data/predictions/qa.jsonl").unlink()
    code, said = clone.run("locomo", "pull", "qa")
    assert (code, f"damaged on the remote: s3://{BUCKET}/{key}; delete that there" in said) == (1, True), said
    assert not clone.path("data/predictions/qa.jsonl").exists()

    client(endpoint).delete_object(Bucket=BUCKET, Key=key)
    project.must("dvc", "push", "qa")
    clone.must("locomo", "pull", "qa")
    assert clone.path("data/predictions/qa.jsonl").read_bytes() == whole


def test_a_server_that_is_killed_twice_in_a_push_has_all_in_the_end(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "many").mkdir(parents=True)
    project = Project(root, {**KEYS, "AWS_MAX_ATTEMPTS": "1", "PYTHONPATH": str(ROOT)})
    for number in range(200):
        (root / "many" / f"{number}.bin").write_bytes(os.urandom(200_000))
    project.must("git", "init", "-q")
    project.must("dvc", "init", "-q")
    project.must("dvc", "add", "-q", "many")
    with rclone(tmp_path / "served") as server:
        project.must("locomo", "remote", URL, "--endpoint", server.endpoint)
        for count in (40, 120):
            push = project.start("dvc", "push")
            while len(server.objects) < count:
                assert push.poll() is None, "it ended before it was killed"
                time.sleep(0.005)
            server.kill()
            said, _ = push.communicate(timeout=60)
            assert push.returncode != 0
            assert "failed to push data to the cloud" in said
            assert count <= len(server.objects) < 201
            server.start()
        project.must("dvc", "push")
        assert len(server.objects) == 201
        for path in server.objects:
            assert md5_of(path.read_bytes()) == (path.parent.name + path.name).removesuffix(".dir")
        before = contents(project, "many")
        shutil.rmtree(project.path(".dvc/cache"))
        shutil.rmtree(project.path("many"))
        project.must("dvc", "pull")
        assert contents(project, "many") == before
        assert len(before) == 200


def refused_connection() -> Iterator[str]:
    yield f"http://127.0.0.1:{free_port()}"


def silent_server() -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def in_seconds(project: Project, *command: str, **env: str) -> str:
    """Run a command that must fail soon with one line of an error; return it.

    On a busy machine starts take their time too: of the command and of its child, each with DVC and a store's library.
    """
    began = time.monotonic()
    project.must("dvc", "remote", "list")
    starting = time.monotonic() - began
    started = time.monotonic()
    code, output = project.run(*command, **env)
    seconds = time.monotonic() - started
    assert code == 1, output
    errors = [line for line in output.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "Traceback" not in output
    assert seconds < AT_MOST + 4 * starting, f"{seconds:.1f} s"
    return errors[0]


def test_keys_that_are_refused_and_buckets_that_are_not_there(checked: Project, tmp_path: Path) -> None:
    with rclone(tmp_path / "served") as server:
        checked.must("locomo", "remote", URL, "--endpoint", server.endpoint)
        said = in_seconds(checked, "locomo", "remote", AWS_SECRET_ACCESS_KEY="another")  # noqa: S106
        assert f"error: {URL}: refused (The request signature we calculated does not match" in said
        assert "check the keys and what they allow: set AWS_ACCESS_KEY_ID" in said

        said = in_seconds(checked, "locomo", "remote", "s3://nobody-made-it/x", "--endpoint", server.endpoint)
        assert "there is no bucket 'nobody-made-it'; make it first, or check its name and the endpoint" in said

        said = in_seconds(checked, "locomo", "remote", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        assert "no keys (Unable to locate credentials); set AWS_ACCESS_KEY_ID" in said


@pytest.mark.parametrize("address", [refused_connection, silent_server])
def test_servers_that_cannot_be_reached(checked: Project, address: Callable[[], Iterator[str]]) -> None:
    given = address()
    endpoint = next(given)
    said = in_seconds(checked, "locomo", "remote", URL, "--endpoint", endpoint)
    assert f"error: {URL}: cannot be reached (" in said or "no answer within 6 s" in said
    assert f"check the network and the endpoint {endpoint}" in said


def test_pulling_from_a_server_that_is_down_says_so_at_once(project: Project) -> None:
    project.environment |= KEYS
    project.run("locomo", "remote", URL, "--endpoint", f"http://127.0.0.1:{free_port()}")
    assert f"{URL}: cannot be reached" in in_seconds(project, "locomo", "pull")
