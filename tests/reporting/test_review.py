"""A change's review: on a repository with two branches, as its workflow runs it, in a clone without keys or data."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Project, commit

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
REVIEW = ROOT / ".github" / "workflows" / "review.yml"
STEPS = {step.get("name"): step for step in yaml.safe_load(REVIEW.read_text("utf-8"))["jobs"]["review"]["steps"]}


@pytest.fixture
def clone(two_branches: Project, tmp_path: Path) -> Project:
    two_branches.must("git", "clone", "-q", ".", str(tmp_path / "clone"))
    return Project(tmp_path / "clone")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_valid(path: Path) -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_broken_workflow_would_be_noticed(tmp_path: Path) -> None:
    text = REVIEW.read_text(encoding="utf-8")
    (tmp_path / "w.yml").write_text(text.replace("runs-on:", "runs_on:"), encoding="utf-8")
    command = ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(tmp_path / "w.yml")]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


def test_workflows_name_targets_that_are_there() -> None:
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [path.name for path in WORKFLOWS] == ["container.yml", "docs.yml", "release.yml", "review.yml", "tests.yml"]
    assert "INSTALLED := $(VENV)/installed\n" in targets  # what review.yml makes
    assert "\ntest:" in targets
    assert "\ndocs:" in targets


def script(step: str, folder: Project, **env: str) -> tuple[int, str]:
    """Run a step of review.yml as the runner does: bash, failing on the first error."""
    return folder.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"], **env)


def test_the_workflow_in_a_clone_without_data(clone: Project, tmp_path: Path) -> None:
    (clone.root / ".venv").symlink_to(Path(os.environ.get("VIRTUAL_ENV") or Path(os.sys.executable).parents[1]))
    assert script("Review", clone, BASE="origin/main") == (0, "")
    text = clone.path("review.md").read_text(encoding="utf-8")
    assert text.startswith("<!-- locomo-review -->\n")
    assert "✅ The results are those of this code, these params and what their names stand for." in text
    assert "| model | words | refuse |" in text
    assert "| `qa` | 131 | 0.5 | 19.0 | +18.5 |" in text
    assert "**▲ better**" in text
    assert "| params.yaml | model | mock/words | mock/refuse |" in squeezed(text)
    assert "| f1_stemmed_multiset.qa.adversarial | 0.0 | 1.0 | 1.0 |" in squeezed(text)
    assert "F1 by category" in clone.path("plots/index.html").read_text(encoding="utf-8")
    summary = tmp_path / "summary.md"
    summary.touch()
    assert script("Into the job's summary", clone, GITHUB_STEP_SUMMARY=str(summary))[0] == 0
    assert summary.read_text(encoding="utf-8") == text


def squeezed(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def test_stale_results_fail_and_are_named(clone: Project) -> None:
    clone.edit("params.yaml", "k: [5]", "k: [7]")
    code, output = clone.run("locomo", "review", "--base", "origin/main", "--out", "review.md")
    said = "results are stale from rag on: run `dvc repro`, then commit dvc.lock and metrics/"
    assert (code, output) == (4, f"error: {said}\n")
    text = clone.path("review.md").read_text(encoding="utf-8")
    assert f"❌ **R{said[1:]}.** The numbers below are not those of this change." in text


def test_a_change_that_touches_no_result_says_so(clone: Project) -> None:
    code, output = clone.run("locomo", "review", "--base", "HEAD")
    assert code == 0
    assert "The runs' cards are the same." in output
    assert "· noise" in output
    assert "better" not in output.replace("Better or worse", "")
    assert "No param changed." in output
    assert "No metric changed." in output


def test_the_change_is_seen_from_where_it_left_the_base(clone: Project) -> None:
    """What happened on main since then is no part of it."""
    git = ("git", "-c", "user.name=T", "-c", "user.email=t@example.org")
    clone.must("git", "checkout", "-q", "-b", "later", "origin/main")
    clone.edit("params.yaml", "seed: 0", "seed: 9")
    clone.must(*git, "commit", "-qam", "later")
    clone.must("git", "checkout", "-q", "change")
    assert "seed" not in clone.must("locomo", "review", "--base", "later")


def test_a_base_that_is_not_here(clone: Project) -> None:
    code, output = clone.run("locomo", "review", "--base", "origin/mian")
    assert code == 2
    assert output.startswith("error: --base origin/mian: no such revision here; expected a branch or commit")


def test_a_base_without_results(clone: Project) -> None:
    git = ("git", "-c", "user.name=T", "-c", "user.email=t@example.org")
    clone.must("git", "checkout", "-q", "-b", "empty")
    clone.must("git", "rm", "-rq", "metrics")
    clone.must(*git, "commit", "-qm", "none")
    clone.must("git", "checkout", "-q", "-b", "full")
    clone.must("git", "checkout", "-q", "origin/change", "--", "metrics")
    clone.must(*git, "commit", "-qm", "some")
    code, output = clone.run("locomo", "review", "--base", "empty")
    assert code == 0
    assert "The results cannot be compared: 'empty': no results there" in output


GH = """#!/usr/bin/env python3
import json, pathlib, sys
log = pathlib.Path("gh.jsonl")
old = log.read_text() if log.exists() else ""
log.write_text(old + json.dumps(sys.argv[1:]) + "\\n")
if "--paginate" in sys.argv and '"POST"' in old:
    print("77")
"""


def test_there_is_one_comment_that_is_brought_up_to_date(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "gh"
    fake.write_text(GH, encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "review.md").write_text("x", encoding="utf-8")
    folder = Project(tmp_path, {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}"})
    for _ in range(3):
        assert script("Into one comment", folder, REPOSITORY="us/locomo", NUMBER="5") == (0, "")
    calls: list[list[Any]] = [yaml.safe_load(line) for line in (tmp_path / "gh.jsonl").read_text().splitlines()]
    written = [call[2:] for call in calls if "--paginate" not in call]
    assert written == [
        ["--method", "POST", "repos/us/locomo/issues/5/comments", "-F", "body=@review.md"],
        ["--method", "PATCH", "repos/us/locomo/issues/comments/77", "-F", "body=@review.md"],
        ["--method", "PATCH", "repos/us/locomo/issues/comments/77", "-F", "body=@review.md"],
    ]


def test_deleted_metrics_fail_and_are_named(clone: Project) -> None:
    for name in ("f1", "conversations", "intervals"):
        clone.must("git", "rm", "-q", f"metrics/{name}.json")
    commit(clone, "less")
    code, output = clone.run("locomo", "review", "--base", "origin/main")
    assert code == 4
    assert "❌ **Results are missing: metrics/conversations.json and 2 more: run `dvc repro`" in output
