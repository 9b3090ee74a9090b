"""The image as it is built, and two containers of it that run the sample without a network.

Needs root, buildah, and a plain Debian with Python in the folder that LOCOMO_IMAGE_BASE names:

    debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm FOLDER

Takes a quarter of an hour and 15 GB. LOCOMO_IMAGE_VOLUMES are what the build needs of this machine to reach a package
index, as FROM:TO:ro, with spaces between.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

BASE = os.environ.get("LOCOMO_IMAGE_BASE")
if BASE is None:
    pytest.skip("no base: see the beginning of this file", allow_module_level=True)
if shutil.which("buildah") is None or os.geteuid():
    pytest.skip("needs root and buildah (apt-get install buildah)", allow_module_level=True)


def run(*command: str | Path, network: bool = True) -> str:
    """Run a program, without a network if so asked; return what it said."""
    alone = [] if network else ["unshare", "--net"]
    done = subprocess.run([*alone, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """buildah with a storage of its own, which goes with the tests."""
    root = tmp_path_factory.mktemp("containers")
    yield ["buildah", "--storage-driver", "vfs", "--root", str(root / "root"), "--runroot", str(root / "run")]
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def image(buildah: list[str]) -> str:
    base = run(*buildah, "from", "scratch").strip()
    run(*buildah, "add", "--quiet", base, str(BASE), "/")
    run(*buildah, "commit", "--quiet", "--rm", base, "localhost/base")
    volumes = [f"--volume={each}" for each in os.environ.get("LOCOMO_IMAGE_VOLUMES", "").split()]
    arguments = ["--build-arg=BASE=localhost/base", "--build-arg=VERSION=1.2.3"]
    isolated = ["--isolation=chroot", "--network=host"]
    run(*buildah, "build", *isolated, *volumes, *arguments, "--pull-never", "--tag=localhost/locomo", ".")
    return "localhost/locomo"


def test_two_containers_run_the_sample_without_a_network(buildah: list[str], image: str, tmp_path: Path) -> None:
    answers, params = tmp_path / "cache", tmp_path / "params.yaml"
    answers.mkdir()
    os.chown(answers, 10001, 10001)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    for now, then in (("dataset: demo", "dataset: sample"), ("model: gguf/smollm2-135m-instruct", "model: mock/words")):
        assert now in text
        text = text.replace(now, then, 1)
    params.write_text(text, encoding="utf-8")
    said, results = [], []
    for _ in range(2):
        container = run(*buildah, "from", "--pull-never", image).strip()
        volumes = [f"--volume={answers}:/cache", f"--volume={params}:/project/params.yaml:ro"]
        inside = [*buildah, "run", "--isolation=chroot", *volumes, container, "--"]
        said.append(run(*inside, "dvc", "repro", network=False))
        assert run(*inside, "id", "-u").strip() == "10001"
        results.append(run(*inside, "sh", "-c", "cat metrics/*.json"))
        run(*buildah, "rm", container)
    assert "Running stage 'qa'" in said[0]
    assert results[0] == results[1]
    assert results[0].count("{") > 5
    label = '{{index .Docker.Config.Labels "org.opencontainers.image.version"}}'
    assert run(*buildah, "inspect", "--format", label, image).strip() == "1.2.3"
