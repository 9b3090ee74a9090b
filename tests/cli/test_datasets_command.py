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
        (
            ["locomo11"],
            "dataset 'locomo11': expected one of locomo10, msc_personas_all, realtalk, locomo_plus, beam100k, "
            "longmemeval_s, longmemeval_oracle; did you mean 'locomo10'?",
        ),
        (["locomo10", "--remote", "nowhere"], "remote 'nowhere': expected one of"),
        (["realtalk", "--remote", "nowhere"], "remote 'nowhere': expected one of"),
        (
            ["locomo_plus"],
            "data/raw/locomo10.json: not here, and locomo_plus is made from it; run `locomo datasets add locomo10`",
        ),
        (["longmemeval_s"], "then run `locomo datasets add longmemeval_s --from FILE`"),
        (["beam100k", "--from", "params.yaml"], "--from: beam100k is imported from its source"),
        (["longmemeval_s", "--from", "gone.json"], "gone.json: "),
        (["longmemeval_s", "--from", "data/raw/demo.json"], "demo: [0].question_id: missing, expected text"),
    ],
    ids=[
        *("another name", "another remote", "another remote for many files", "what it is made from is not here"),
        *("no file", "a file too many", "no such file", "a file of another dataset"),
    ],
)
def test_mistakes_leave_nothing_behind(clone: Project, arguments: list[str], said: str) -> None:
    code, output = clone.run(*LOCOMO, "datasets", "add", *arguments)
    assert (code, said in output) == (2, True), output
    assert not list(clone.path("data/raw").rglob("*.dvc"))
    assert not [path for path in clone.path("data/raw").iterdir() if path.is_dir() and path.name != "sample_images"]


def test_a_dataset_of_another_shape_is_imported_and_converted(clone: Project) -> None:
    if not (MIRROR / "files/md5/40/7638797007c4b34a3dd26584733551").is_file():
        pytest.skip("REALTALK's files are not in ../shared/mirror")
    clone.must("dvc", "remote", "add", "--local", "mirror", str(MIRROR))
    said = clone.must(*LOCOMO, "datasets", "add", "realtalk", "--remote", "mirror")
    assert "licence none stated" in said
    assert "evidence: 1,742 items; 1,554 are ids of turns, 175 were mapped to turns, 13 cannot be\n" in said
    assert "Chat_8_Akib_Muhhamed: qa[31].evidence: found 'D19:29', expected ids of turns; left out\n" in said
    assert "run it with -S 'rag.units=[dialog]'" in said
    assert len(json.loads(clone.path("data/raw/realtalk.json").read_text(encoding="utf-8"))) == 10
    tracked = clone.must("git", "status", "--porcelain", "--untracked-files=all").splitlines()
    assert "A  data/raw/realtalk.json.dvc" in tracked
    assert sum(line.startswith("A  data/raw/realtalk/Chat_") for line in tracked) == 10
    assert not [line for line in tracked if line.endswith(".json")]  # none of its bytes
    state = clone.path("data/raw/realtalk.json.dvc").read_text(encoding="utf-8")
    clone.must(*LOCOMO, "datasets", "add", "realtalk", "--remote", "mirror")
    assert clone.path("data/raw/realtalk.json.dvc").read_text(encoding="utf-8") == state
