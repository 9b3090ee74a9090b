"""What `locomo doctor` says of a project's data, its git and its cache, where they are not as usual."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from conftest import Project

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")
DOCTOR = (*LOCOMO, "doctor", "--offline", "--json")
MINE = "data/raw/mine.json"


def found(project: Project, **env: str) -> dict[str, dict[str, str]]:
    """What is said, by the name of what it is about."""
    _, output = project.run(*DOCTOR, **env)
    assert "Traceback" not in output
    return {f"{each['about']} {each['name']}": each for each in json.loads(output[output.index("[") :])}


def test_data_that_nobody_asked_for_is_no_work_to_do(finished_run: Project) -> None:
    assert not finished_run.path("data/raw/locomo10.json").exists()
    assert found(finished_run)["project dvc"]["note"] in ("all stages are up to date", "a run is on")


def test_a_link_that_leads_nowhere_and_a_dataset_that_copies_lack(clone: Project) -> None:
    clone.path("data/raw/msc_personas_all.json").symlink_to("/nowhere")
    shutil.copyfile(clone.path("data/raw/sample.json"), clone.path(MINE))
    clone.edit("params.yaml", "dataset: sample", "dataset: mine")
    says = found(clone)
    link = says["project data/raw/msc_personas_all.json"]
    assert (link["state"], "`rm data/raw/msc_personas_all.json`" in link["note"]) == ("invalid", True)
    assert f"`--copy-paths {MINE}`" in says[f"project {MINE}"]["note"]
    clone.must("git", "add", MINE)
    assert f"project {MINE}" not in found(clone)


def test_a_dataset_goes_along_into_a_copy_as_doctor_says(clone: Project) -> None:
    sample = json.loads(clone.path("data/raw/sample.json").read_text(encoding="utf-8"))
    clone.path(MINE).write_text(json.dumps(sample[:1]), encoding="utf-8")
    output = clone.must("dvc", "exp", "run", "--temp", "--copy-paths", MINE, "-S", "dataset=mine", "generate")
    assert clone.stages_run(output) == ["generate"]


def test_without_git_it_is_said_how_to_do_without(clone: Project) -> None:
    shutil.rmtree(clone.path(".git"))
    says = found(clone)
    for about in ("project dvc", "project git"):
        assert says[about]["state"] == "invalid"
        assert "`dvc config --local core.no_scm true`" in says[about]["note"]
    clone.must("dvc", "config", "--local", "core.no_scm", "true")
    says = found(clone)
    assert says["project dvc"]["state"] == "found"
    assert says["project git"] == says["project git"] | {
        "state": "missing",
        "note": "no repository here; metrics cannot be compared",
    }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to somebody else")
def test_a_clone_of_somebody_else_is_told_with_the_cure(clone: Project, tmp_path: Path) -> None:
    for path in (clone.root, clone.path(".git")):
        os.chown(path, 12345, 12345)
    home = {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    cure = f"git config --global --add safe.directory {clone.root}"
    assert cure in found(clone, **home)["project git"]["note"]
    code, output = clone.run(*LOCOMO, "review", "--base", "HEAD", **home)
    assert (code, cure in output) == (2, True)


def test_a_home_that_is_not_there(clone: Project) -> None:
    says = found(clone, HOME="/proc/nonexistent")
    assert says["machine disk of your home"]["state"] == "missing"
    assert says["machine request cache"]["state"] == "found"  # LOCOMO_CACHE_DIR
    code, output = clone.run(*DOCTOR, HOME="/proc/nonexistent", LOCOMO_CACHE_DIR="")
    assert code == 1
    assert "Traceback" not in output
    assert "set LOCOMO_CACHE_DIR" in output
