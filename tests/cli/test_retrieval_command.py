"""`locomo retrieval`: recall by category as a table or as JSON, from the index or embedded on the spot."""

from __future__ import annotations

import json

import pytest
from conftest import Project

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()", "retrieval")
GROUPS = {"multi_hop", "temporal", "open_domain", "single_hop", "adversarial", "overall"}


def test_json_holds_recall_by_k_and_category(finished_run: Project) -> None:
    printed = json.loads(finished_run.must(*LOCOMO, "--dataset", "sample", "--k", "50,5", "--json"))
    assert set(printed) == {"unit", "retriever", "recall"}
    assert (printed["unit"], printed["retriever"]) == ("dialog", "hybrid")
    assert list(printed["recall"]) == ["5", "50"]
    for means in printed["recall"].values():
        assert set(means) == GROUPS
    assert 0.6 < printed["recall"]["5"]["overall"] < printed["recall"]["50"]["overall"] <= 1


def test_a_table_with_the_measures_and_without_the_paper(finished_run: Project) -> None:
    output = finished_run.must(*LOCOMO, "--unit", "summary")
    assert output.startswith("sample, summary by hybrid: 131 questions, in percent\n")
    assert "nDCG" in output
    assert "DRAGON" not in output  # its numbers are of other data
    rows = [line.split() for line in output.splitlines() if line[1:2].isdigit()]
    assert [row[0] for row in rows] == ["2", "5", "10"]


def test_embedding_on_the_spot_is_said_on_stderr_and_gives_the_same(project: Project) -> None:
    command = (*LOCOMO, "--json", "--retriever", "dense")
    with_index = project.must(*command)
    project.path("data/index").rename(project.path("data/elsewhere"))
    note, _, rest = project.must(*command).partition("\n")
    assert note.startswith("data/index is not of sample: embedding it now")
    assert json.loads(rest) == json.loads(with_index)


def test_locomo10_stands_beside_the_paper(project: Project, locomo10) -> None:
    project.path("data/raw/locomo10.json").write_bytes(locomo10.read_bytes())
    output = project.must(*LOCOMO, "--dataset", "locomo10", "--retriever", "bm25")
    assert "1,986 questions" in output
    (row,) = [line.split() for line in output.splitlines() if line.strip().startswith("5 ")]
    assert "56.7" in row


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--retriever", "hybird"],
            "retriever 'hybird': expected one of dense, bm25, fusion, hybrid, learned, store/<kind>:<place>; did you",
        ),
        (["--unit", "dialogs"], "unit 'dialogs': expected one of dialog, observation, summary; did you mean 'dialog'?"),
        (["--k", "5,ten"], "--k 5,ten: expected whole numbers from 1 up with commas between, such as 5,10,25,50"),
        (["--k", "0"], "--k 0: expected whole numbers from 1 up"),
        (["--dataset", "sampel"], "dataset 'sampel': no data/raw/sampel.json; expected one of"),
    ],
)
def test_a_mistake_is_one_line(finished_run: Project, options: list[str], said: str) -> None:
    code, output = finished_run.run(*LOCOMO, *options)
    assert code == 2
    assert output.startswith(f"error: {said}")
    assert output.count("\n") == 1
