"""The image of the Dockerfile: built by buildah from a plain Debian, and its sample run twice without a network.

Runs as root where LOCOMO_IMAGE_BASE names the root of a Debian with Python: `make image-test` makes one. Took 6 GB and
10 minutes on two cores. pip reaches its packages as it does on this machine: its settings go
into the build, and into no layer of the image.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

BASE = os.environ.get("LOCOMO_IMAGE_BASE", "")
pytestmark = pytest.mark.slow
if not BASE:
    pytest.skip("LOCOMO_IMAGE_BASE names no root file system: `make image-test`", allow_module_level=True)
if shutil.which("buildah") is None or os.geteuid():
    pytest.skip("needs buildah, and root", allow_module_level=True)
ALONE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
"""Before a program: it has a loopback and no other network, as with `docker run --network none`."""
PIP_SETTINGS = ("index-url", "extra-index-url", "find-links", "trusted-host", "proxy", "cert", "constraint")


def run(*command: str | Path) -> str:
    """Run a program, and return what it said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5000:]
    return done.stdout


def pip_of_this_machine(folder: Path) -> list[str]:
    """Return the volumes that let pip find in the build what it finds here."""
    settings: dict[str, str] = {}
    for line in run(sys.executable, "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        settings[name.rpartition(".")[2]] = shlex.split(value)[0]
    kept = {name: settings[name] for name in PIP_SETTINGS if name in settings}
    file = folder / "pip.conf"
    file.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in kept.items()), encoding="utf-8")
    places = {each.removeprefix("file://") for value in kept.values() for each in value.split()}
    local = [Path(place) for place in sorted(places) if place.startswith("/") and Path(place).exists()]
    # The index in a folder may point to files beside it.
    volumes = [f"{place}:{place}:ro" for place in (each.parent if each.name == "simple" else each for each in local)]
    return [f"--volume={volume}" for volume in (f"{file}:/etc/pip.conf:ro", *volumes)]


@pytest.fixture(scope="module")
def buildah(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Give buildah with a storage of its own, which goes with the tests."""
    folder = tmp_path_factory.mktemp("containers")
    yield ["buildah", "--storage-driver=vfs", f"--root={folder / 'root'}", f"--runroot={folder / 'run'}"]
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def image(buildah: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    base = run(*buildah, "from", "scratch").strip()
    run(*buildah, "add", "--quiet", base, BASE, "/")
    run(*buildah, "commit", "--quiet", "--rm", base, "localhost/base")
    settings = [
        "--isolation=chroot",
        "--network=host",
        "--pull-never",
        *pip_of_this_machine(tmp_path_factory.mktemp("pip")),
    ]
    arguments = ["--build-arg=BASE=localhost/base", "--build-arg=VERSION=1.2.3"]
    run(*buildah, "build", "--quiet", *settings, *arguments, "--tag=localhost/locomo", ".")
    return "localhost/locomo"


def test_two_containers_without_a_network_have_the_results_that_are_committed(
    buildah: list[str], image: str, tmp_path: Path
) -> None:
    # Not mounted at /cache, a volume of the image: buildah would mount an empty one over it.
    answers = tmp_path / "answers"
    answers.mkdir()
    os.chown(answers, 10001, 10001)
    files = sorted(path.name for path in (ROOT / "metrics").glob("*.json"))
    committed = {name: json.loads(run("git", "show", f"HEAD:metrics/{name}")) for name in files}
    said = []
    for _ in range(2):
        container = run(*buildah, "from", "--pull-never", image).strip()
        inside = [
            *ALONE,
            *buildah,
            "run",
            "--isolation=chroot",
            f"--volume={answers}:/kept",
            "--env=LOCOMO_CACHE_DIR=/kept/answers",
            container,
            "--",
        ]
        assert run(*inside, "id", "-u").strip() == "10001"
        said.append(run(*inside, "sh", "-c", "exec dvc repro 2>&1"))
        assert {name: json.loads(run(*inside, "cat", f"metrics/{name}")) for name in files} == committed
        run(*buildah, "rm", container)
    assert all("Running stage 'score'" in each for each in said)  # what is committed is in the image too
    assert "requests, 0 of them from the cache" in said[0]
    assert "requests, 0 of them from the cache" not in said[1]


def test_the_image_says_what_it_is_and_not_how_it_was_built(buildah: list[str], image: str) -> None:
    about = json.loads(run(*buildah, "inspect", "--type=image", image))["OCIv1"]["config"]
    assert about["Labels"]["org.opencontainers.image.version"] == "1.2.3"
    assert (about["User"], about["Cmd"]) == ("10001:10001", ["dvc", "repro"])
    container = run(*buildah, "from", "--pull-never", image).strip()
    left = run(*buildah, "run", "--isolation=chroot", container, "--", "sh", "-c", "cat /etc/pip.conf || true")
    assert not left.strip()
