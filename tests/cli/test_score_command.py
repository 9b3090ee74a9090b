"""`locomo score`: our rows and the original's output give the same scores; every mistake is one line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import SAMPLE

CATEGORIES = ["multi_hop", "temporal", "open_domain", "single_hop", "adversarial"]
DATA = json.loads(SAMPLE.read_text(encoding="utf-8"))


def locomo(*arguments: object) -> tuple[int, str, str]:
    process = subprocess.run(
        [sys.executable, "-c", "from locomo.cli.main import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return process.returncode, process.stdout, process.stderr


def rows(answer: str = "3 March 2023", **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"{sample['sample_id']}:{i}", "prediction": answer, **more}
        for sample in DATA
        for i in range(len(sample["qa"]))
    ]


def write_rows(path: Path, values: list[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def original(answers: dict[str, str], context: list[str] | None = None) -> list[dict[str, Any]]:
    """The original code's output: the questions with a prediction (and a context) beside each."""
    extra: dict[str, Any] = {f"{name}_prediction": answer for name, answer in answers.items()}
    if context is not None:
        extra |= {f"{name}_prediction_context": context for name in answers}
    return [
        {"sample_id": sample["sample_id"], "qa": [{**question, **extra} for question in sample["qa"]]}
        for sample in DATA
    ]


def write_json(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def scored(file: Path, *more: object) -> dict[str, Any]:
    code, output, errors = locomo("score", file, "--data", SAMPLE, "--json", *more)
    assert (code, errors) == (0, "")
    return json.loads(output)


def test_json_has_overall_categories_and_questions(tmp_path: Path) -> None:
    found = scored(write_rows(tmp_path / "a.jsonl", rows(context_ids=["D1:3"])))
    assert found["protocol"] == "paper"
    assert list(found["categories"]) == CATEGORIES
    assert found["overall"]["n"] == len(found["questions"]) == 131
    first = found["questions"][0]
    assert {name: first[name] for name in ("id", "category", "f1", "recall")} == {
        "id": "sample-1:0",
        "category": 2,
        "f1": 1.0,
        "recall": 1.0,
    }
    f1 = [question["f1"] for question in found["questions"]]
    assert found["overall"]["f1"] == pytest.approx(sum(f1) / len(f1))


def test_both_formats_give_the_same_scores(tmp_path: Path) -> None:
    ours = scored(write_rows(tmp_path / "a.jsonl", rows("yellow, damp", context_ids=["D1:3", "D2:1"])))
    theirs = scored(write_json(tmp_path / "b.json", original({"gpt": "yellow, damp"}, ["D1:3", "D2:1"])))
    assert ours == theirs


def test_without_context_each_recall_is_1_and_there_is_no_mean(tmp_path: Path) -> None:
    for file in (
        write_rows(tmp_path / "a.jsonl", rows()),
        write_rows(tmp_path / "c.jsonl", rows(task="qa", context_ids=[])),
        write_json(tmp_path / "b.json", original({"gpt": "x"})),
    ):
        found = scored(file)
        assert {question["recall"] for question in found["questions"]} == {1.0}
        assert found["overall"]["recall"] is None


def test_key_chooses_among_several(tmp_path: Path) -> None:
    file = write_json(tmp_path / "b.json", original({"gpt": "x", "gpt_dialog_top_5": "3 March 2023"}))
    assert scored(file, "--key", "gpt_dialog_top_5")["questions"][0]["f1"] == 1.0
    assert scored(file, "--key", "gpt")["questions"][0]["f1"] == 0.0
    code, _, errors = locomo("score", file, "--data", SAMPLE, "--json")
    assert code == 2
    assert errors == f"error: {file}: holds the answers of gpt, gpt_dialog_top_5; say which with --key\n"
    code, _, errors = locomo("score", file, "--data", SAMPLE, "--key", "gtp")
    assert code == 2
    assert errors.endswith("no answers of 'gtp', expected --key gpt or gpt_dialog_top_5; did you mean 'gpt'?\n")


def test_the_table_shows_every_configuration(tmp_path: Path) -> None:
    both = rows(task="rag", unit="dialog", k=5, context_ids=[]) + rows(task="qa")
    code, output, _ = locomo("score", write_rows(tmp_path / "a.jsonl", both), "--data", SAMPLE)
    assert code == 0
    assert "rag_dialog_k5" in output
    assert "131 questions" in output
    assert "\nqa" in output.replace("\n ", "\n")


def test_a_failed_call_is_shown(tmp_path: Path) -> None:
    values = rows()
    values[0] |= {"prediction": None, "error": "HTTP 500"}
    found = scored(write_rows(tmp_path / "a.jsonl", values))
    assert found["questions"][0]["error"] == "HTTP 500"
    assert found["questions"][0]["f1"] == 0.0
    assert found["overall"]["errors"] == 1


def test_a_null_in_the_originals_output_is_a_failed_call(tmp_path: Path) -> None:
    samples = original({"gpt": "x"})
    samples[0]["qa"][0]["gpt_prediction"] = None
    assert scored(write_json(tmp_path / "b.json", samples))["overall"]["errors"] == 1


def test_bertscore_on_request(tmp_path: Path) -> None:
    found = scored(write_rows(tmp_path / "a.jsonl", rows("a beehive")), "--bertscore", "minilm")
    assert 0.0 < found["overall"]["bertscore_f1"] < 1.0


def without(values: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in value.items() if k != key} for value in values]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (rows()[1:], "1 of 131 questions have no prediction in 'qa', the first is 'sample-1:0'"),
        ([*rows(), {"id": "conv-26:0", "prediction": ""}], "sample 'conv-26' (of 'conv-26:0') is not in the dataset"),
        ([*rows(), rows()[0]], "question 'sample-1:0' is answered twice in 'qa'"),
        (without(rows(), "prediction"), ", row 1: prediction: missing, and there is no 'error' that says why"),
        (without(rows(), "id"), ", row 1: id: found None, expected one such as 'conv-26:0'"),
        (["text"], ", row 1: expected an object with 'id' and 'prediction'"),
        (rows(context_ids="D1:1"), ", row 1: context_ids: expected a list of ids such as ['D3:7'] or ['S3']"),
        ([], "empty, expected predictions"),
    ],
)
def test_mistakes_in_rows(tmp_path: Path, values: list[Any], said: str) -> None:
    file = write_rows(tmp_path / "a.jsonl", values)
    code, output, errors = locomo("score", file, "--data", SAMPLE)
    assert (code, output) == (2, "")
    assert errors.startswith(f"error: {file}")
    assert said in errors
    assert errors.count("\n") == 1


def altered(change: Any) -> list[Any]:
    value = original({"gpt": "x"})
    change(value)
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            altered(lambda v: v[0].update(sample_id="sample-9")),
            ": [0].sample_id: 'sample-9' is not in the dataset; did",
        ),
        (
            altered(lambda v: v[1]["qa"].pop()),
            ": 1 of 131 questions have no prediction in 'gpt', the first is 'sample-2:43'",
        ),
        (altered(lambda v: v[2]["qa"].append(v[2]["qa"][0])), ": [2].qa[47]: sample-3 has only 47 questions"),
        (
            altered(lambda v: v[0]["qa"][3].update(question="?")),
            ": [0].qa[3].question: found '?', the dataset has 'When",
        ),
        (altered(lambda v: v[0]["qa"][0].pop("gpt_prediction")), ": 1 of 131 questions have no prediction in 'gpt'"),
        (altered(lambda v: v[0].pop("qa")), ": [0]: expected an object with 'sample_id' and a list 'qa'"),
        (DATA, ": no '<name>_prediction' in any entry of 'qa'"),
    ],
)
def test_mistakes_in_the_originals_output(tmp_path: Path, value: list[Any], said: str) -> None:
    file = write_json(tmp_path / "b.json", value)
    code, output, errors = locomo("score", file, "--data", SAMPLE)
    assert (code, output) == (2, "")
    assert errors.startswith(f"error: {file}{said}")
    assert errors.count("\n") == 1


def test_mistakes_on_the_command_line(tmp_path: Path) -> None:
    file = write_rows(tmp_path / "a.jsonl", rows())
    (tmp_path / "cut.jsonl").write_text('{"id": "sample-1:0", "predi', encoding="utf-8")
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")
    for arguments, said in (
        ((tmp_path / "none.jsonl", "--data", SAMPLE), "none.jsonl: no such file"),
        ((tmp_path, "--data", SAMPLE), "is a folder, expected a file"),
        ((file, "--data", tmp_path / "none.json"), "none.json: no such file"),
        ((tmp_path / "cut.jsonl", "--data", SAMPLE), "cut.jsonl, row 1: line 1, column"),
        ((tmp_path / "bytes.jsonl", "--data", SAMPLE), "is not UTF-8 text"),
        ((file, "--data", SAMPLE, "--protocol", "papre"), "protocol 'papre': expected one of paper, head, "),
    ):
        code, output, errors = locomo("score", *arguments)
        assert (code, output) == (2, "")
        assert said in errors
        assert errors.count("\n") == 1


def test_a_command_that_is_not_there() -> None:
    code, _, errors = locomo("scor")
    assert code == 2
    assert "Did you mean" in errors
    assert "'score'" in errors


def test_version() -> None:
    code, output, _ = locomo("--version")
    assert code == 0
    assert output.strip().count(".") == 2
