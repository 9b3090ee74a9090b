"""`locomo score` on a part of the questions: categories, conversations, or a list of ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.dataset import read_conversations
from locomo.scoring.f1 import gold_text

QUESTIONS = [
    (each.question_id(index), question)
    for each in read_conversations(SAMPLE)
    for index, question in enumerate(each.questions)
]


def score(file: Path, *options: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, ["score", str(file), "--data", str(SAMPLE), "--protocol", "strict", *options])
    return found.exit_code, found.stdout, found.stderr + ("" if found.exception is None else str(found.exception))


def answers(tmp_path: Path, categories: set[int], sample: str = "") -> Path:
    """Write right answers to the questions of some categories."""
    file = tmp_path / "answers.jsonl"
    rows = [
        {"id": name, "prediction": gold_text(question) or "Not mentioned"}
        for name, question in QUESTIONS
        if question.category in categories and name.startswith(sample)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def found(output: str) -> dict[str, Any]:
    return dict(json.loads(output[output.index("{") :]))


def test_four_categories_of_five(tmp_path: Path) -> None:
    file = answers(tmp_path, {1, 2, 3, 4})
    assert score(file)[0] == 1 or "questions have no prediction" in score(file)[2]
    code, output, errors = score(file, "--categories", "1,2,open_domain, single_hop", "--json")
    assert code == 0, errors
    values = found(output)
    assert values["overall"]["n"] == 107
    assert values["overall"]["f1"] > 0.99
    assert values["subset"] == {"questions": 107, "of": 131}
    assert "adversarial" not in values["categories"]
    assert "107 of 131 questions count" in score(file, "--categories", "1,2,3,4")[1]


def test_one_conversation_of_three(tmp_path: Path) -> None:
    file = answers(tmp_path, {1, 2, 3, 4, 5}, "sample-2:")
    code, output, errors = score(file, "--samples", "sample-2", "--json")
    assert code == 0, errors
    values = found(output)
    assert {row["id"].partition(":")[0] for row in values["questions"]} == {"sample-2"}
    assert values["subset"] == {"questions": 44, "of": 131}


def test_a_list_of_questions_and_answers_beyond_it(tmp_path: Path) -> None:
    file, ids = answers(tmp_path, {1, 2, 3, 4, 5}), tmp_path / "ids.txt"
    ids.write_text("sample-1:3\nsample-3:0\n", encoding="utf-8")
    code, output, errors = score(file, "--questions", str(ids), "--json")
    assert code == 0, errors
    assert [row["id"] for row in found(output)["questions"]] == ["sample-1:3", "sample-3:0"]
    assert found(output)["subset"] == {"questions": 2, "of": 131}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--categories", "temporl"], "found 'temporl', expected some of 1 multi_hop"),
        (["--categories", "9"], "found '9'"),
        (["--samples", "sample-9"], "conversation 'sample-9' is not in the dataset"),
    ],
)
def test_what_the_dataset_lacks(tmp_path: Path, options: list[str], said: str) -> None:
    code, _, errors = score(answers(tmp_path, {1}), *options)
    assert code != 0
    assert said in errors


def test_without_a_part_nothing_is_said_of_it(tmp_path: Path) -> None:
    code, output, _ = score(answers(tmp_path, {1, 2, 3, 4, 5}), "--json")
    assert code == 0
    assert "subset" not in found(output)
