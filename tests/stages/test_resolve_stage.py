"""What the stage `resolve` says before DVC stops at a dataset that is not here: DVC names the file, and no remedy."""

from __future__ import annotations

import sys

import pytest
from conftest import Project


@pytest.mark.parametrize(
    ("name", "tracked", "said"),
    [
        ("locomo10", False, "data/raw/locomo10.json: not here; run `locomo datasets add locomo10`"),
        ("locomo10", True, "data/raw/locomo10.json: not here; run `dvc pull data/raw/locomo10.json.dvc`"),
        ("locomo11", False, "dataset 'locomo11': no data/raw/locomo11.json; expected one of"),
    ],
)
def test_a_dataset_that_is_not_here(project: Project, name: str, tracked: bool, said: str) -> None:
    params = project.path("params.yaml")
    params.write_text(params.read_text(encoding="utf-8").replace("dataset: sample", f"dataset: {name}"))
    if tracked:
        project.path(f"data/raw/{name}.json.dvc").write_text("outs: []\n")
    assert said in project.must(sys.executable, "stages/resolve.py")
    assert project.path("data/resolved.json").is_file()
