"""`locomo datasets`: what there is, and the import of what the project does not carry."""

from __future__ import annotations

import json

import pytest
from conftest import MIRROR, Project

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")


def test_an_import_brings_the_file_and_tells_git(project: Project) -> None:
    if not MIRROR.is_dir():
        pytest.skip("the released locomo10.json is not in ../shared/mirror")
    listed = project.must(*LOCOMO, "datasets")
    assert [line.split()[1] for line in listed.splitlines() if line.startswith((" locomo10", "locomo10"))] == ["no"]
    project.must("dvc", "checkout")  # misses nothing that nobody asked for
    project.must("dvc", "remote", "add", "--local", "mirror", str(MIRROR))
    project.must(*LOCOMO, "datasets", "add", "locomo10", "--remote", "mirror")
    assert project.path("data/raw/locomo10.json").stat().st_size == 2805274
    tracked = project.must("git", "status", "--porcelain")
    assert "A  data/raw/locomo10.json.dvc" in tracked
    assert " data/raw/locomo10.json\n" not in tracked
    status = project.must("dvc", "status", "--json")
    assert list(json.loads(status[status.index("{") :])) == ["resolve"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["locomo11"], "dataset 'locomo11': expected one of locomo10, msc_personas_all; did you mean 'locomo10'?"),
        (["locomo10", "--remote", "nowhere"], "remote 'nowhere': expected one of"),
    ],
    ids=["another name", "another remote"],
)
def test_mistakes_leave_nothing_behind(clone: Project, arguments: list[str], said: str) -> None:
    code, output = clone.run(*LOCOMO, "datasets", "add", *arguments)
    assert (code, said in output) == (2, True), output
    assert not clone.path("data/raw/locomo10.json.dvc").exists()
