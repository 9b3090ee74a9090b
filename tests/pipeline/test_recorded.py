"""A fresh clone does not pay for what is recorded: it says where that is to be had. What costs nothing runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml
from conftest import QA as ASKED
from conftest import Project

PRICED = "models:\n  mock/words: {input: 100, output: 1000}\n"
RECORDED = "error: stage 'qa': its results are recorded in dvc.lock: "
QA = Path("data/predictions/qa.jsonl")


@pytest.fixture
def elsewhere(project: Project) -> Project:
    """A run whose results and answers are on another machine, of a model that costs money."""
    shutil.rmtree(project.path(".dvc/cache"))
    project.path(str(QA)).unlink()
    project.path("prices.yaml").write_text(PRICED)
    project.environment |= {
        "LOCOMO_MOCK_LOG": str(project.root.parent / "asked"),
        "LOCOMO_CACHE_DIR": str(project.root.parent / "empty"),
    }
    return project


def qa(project: Project, **env: str) -> tuple[int, str]:
    return project.run("python", "stages/qa.py", **env)


def asked(project: Project) -> int:
    log = project.root.parent / "asked"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_a_fresh_clone_does_not_ask_what_was_paid_for_elsewhere(elsewhere: Project, tmp_path: Path) -> None:
    elsewhere.must("git", "clone", "-q", str(elsewhere.root), str(tmp_path / "clone/project"))
    clone = Project(tmp_path / "clone/project", {**elsewhere.environment, "LOCOMO_MOCK_LOG": str(tmp_path / "asked")})
    shutil.copy(elsewhere.path("prices.yaml"), clone.path("prices.yaml"))
    code, output = clone.run("dvc", "repro", "qa")
    assert clone.stages_run(output) == ["generate", "caption", "qa"]
    assert code != 0
    assert (
        f"{RECORDED}`locomo remote URL` and `locomo pull` bring them here; with LOCOMO_RERUN=1, mock/words is asked "
        "and paid for them again"
    ) in output
    assert asked(elsewhere) == 0
    assert not clone.path(str(QA)).exists()

    assert qa(clone, LOCOMO_RERUN="1")[0] == 0
    assert asked(elsewhere) == ASKED


def test_where_a_remote_is_set_up_it_is_named_alone_and_the_exit_code_is_its_own(elsewhere: Project) -> None:
    elsewhere.must("dvc", "remote", "add", "-d", "store", str(elsewhere.root.parent / "store"))
    code, output = qa(elsewhere)
    assert (code, asked(elsewhere)) == (8, 0)
    assert f"{RECORDED}`locomo pull` brings them here; with" in output
    assert len([line for line in output.splitlines() if "error" in line]) == 1


def test_what_the_request_cache_has_is_not_refused(elsewhere: Project) -> None:
    del elsewhere.environment["LOCOMO_CACHE_DIR"]
    code, output = qa(elsewhere)
    assert (code, asked(elsewhere)) == (0, 0), output


def test_a_run_of_other_params_is_a_new_one(elsewhere: Project) -> None:
    elsewhere.edit("params.yaml", "max_tokens: 32", "max_tokens: 31")
    code, output = qa(elsewhere)
    assert (code, asked(elsewhere)) == (0, ASKED), output


def test_a_run_of_other_code_is_a_new_one(elsewhere: Project) -> None:
    with elsewhere.path("locomo/tasks/qa.py").open("a") as file:
        file.write("\n")
    assert qa(elsewhere)[0] == 0


def test_models_that_cost_nothing_run_at_once(elsewhere: Project) -> None:
    elsewhere.path("prices.yaml").unlink()
    code, output = qa(elsewhere)
    assert (code, asked(elsewhere)) == (0, ASKED), output


def test_results_that_are_here_can_be_made_again(project: Project) -> None:
    project.path("prices.yaml").write_text(PRICED)
    project.environment["LOCOMO_CACHE_DIR"] = str(project.root.parent / "empty")
    code, output = qa(project)
    assert code == 0, output


def test_without_a_key_one_is_told_of_the_results(elsewhere: Project) -> None:
    for file in ("params.yaml", "dvc.lock"):
        text = elsewhere.path(file).read_text().replace("model: mock/words", "model: openai/gpt-4o-mini")
        elsewhere.path(file).write_text(text)
    elsewhere.must("python", "stages/resolve.py")
    lock = yaml.safe_load(elsewhere.path("dvc.lock").read_text())
    names = json.loads(elsewhere.path("data/resolved.json").read_text())
    lock["stages"]["qa"]["params"]["data/resolved.json"]["qa"] = names["qa"]
    elsewhere.path("dvc.lock").write_text(yaml.safe_dump(lock))
    code, output = qa(elsewhere, OPENAI_API_KEY="")
    assert code == 8
    assert f"{RECORDED}`locomo remote URL` and `locomo pull` bring them here; to make them again instead" in output
    assert "OPENAI_API_KEY is not set" in output
