"""`locomo validate`: any output or file of one's own, with what is wrong and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import SAMPLE, Project

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")


def rows(path: Path, values: list[dict]) -> str:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return str(path)


def test_all_outputs_of_a_run(finished_run: Project) -> None:
    lines = finished_run.must(*LOCOMO, "validate").splitlines()
    outputs = [line.split()[0] for line in lines if line.startswith(" data/")]
    assert outputs == [
        *("data/conversations", "data/captioned", "data/index", "data/memory", "data/predictions/qa.jsonl"),
        *("data/predictions/baselines.jsonl", "data/predictions/rag.jsonl", "data/rankings.jsonl"),
        *("data/memories.jsonl", "data/predictions/events.jsonl", "data/predictions/dialogue.jsonl", "data/scores"),
    ]
    assert all(line.split()[-1] == "0" for line in lines if line.startswith(" data/"))
    assert any(line.startswith("warning: image_captioned (images): 3 of 12: ") for line in lines)


def test_answers_of_ones_own(finished_run: Project, tmp_path: Path) -> None:
    questions = [
        f"{sample['sample_id']}:{at}"
        for sample in json.loads(SAMPLE.read_text("utf-8"))
        for at in range(len(sample["qa"]))
    ]
    good = [{"id": question_id, "prediction": question_id} for question_id in questions]
    command = (*LOCOMO, "validate", "--json", "--data", str(SAMPLE))
    (result,) = json.loads(finished_run.must(*command, rows(tmp_path / "good.jsonl", good)))
    assert (result["suite"], result["findings"]) == ("answers", [])

    good[3] |= {"context_ids": ["D99:1"]}
    code, output = finished_run.run(*command, rows(tmp_path / "bad.jsonl", good[:-1]))
    assert code == 7
    (result,) = json.loads(output)
    assert {finding["rule"]: finding["rows"][0] for finding in result["findings"]} == {
        "context_exists": {"file": f"{tmp_path}/bad.jsonl, row 4", "id": questions[3], "found": "'D99:1'"},
        "every_question_answered": {"file": f"{tmp_path}/bad.jsonl", "id": questions[-1], "found": "0"},
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: no such file or folder"),
        (
            ["README.md"],
            "README.md: expected a folder of conversations, indexes, stores or scores, a dataset (.json), or",
        ),
        (
            ["answers.jsonl"],
            "answers.jsonl, row 1: found answer, question, expected a row of predictions, events, turns, ",
        ),
        (["broken.json"], "broken.json: line 1, column 2: not valid JSON"),
        (["--data", "nowhere.json", "rankings.jsonl"], "nowhere.json: no such file"),
        ([], "no outputs here to validate; run `dvc repro`, or name a file or folder"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, finished_run: Project, arguments: list[str], said: str) -> None:
    (tmp_path / "README.md").write_text("words", encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    rows(tmp_path / "answers.jsonl", [{"question": "Who?", "answer": "Ruth"}])
    rows(tmp_path / "rankings.jsonl", [{"id": "a:0", "unit": "dialog", "ranking": []}])
    project = Project(tmp_path, {"PYTHONPATH": str(finished_run.root)})
    code, output = project.run(*LOCOMO, "validate", *arguments)
    assert code == 2
    assert output.startswith(f"error: {said}")
    assert len(output.splitlines()) == 1


def test_it_calls_nobody_and_leaves_nothing_behind(finished_run: Project, tmp_path: Path) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    code = """
import socket
def refuse(*arguments, **named): raise AssertionError("a connection was asked for")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from locomo.cli.main import main; main()
"""
    project = Project(here, {"PYTHONPATH": str(finished_run.root), "HOME": str(home)})
    project.must("python", "-c", code, "validate", str(SAMPLE))
    assert not list(home.rglob("*"))
    assert not list(here.rglob("*"))
