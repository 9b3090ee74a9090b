"""`locomo export`: what is written can be read by those it is for, and says the same."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import SAMPLE, Project
from datasets import load_from_disk

from locomo.dataset import read_folder

N = 131 * 5  # qa, two kinds of units, two baselines


def predictions(project: Project) -> list[dict]:
    files = [project.path(f"data/predictions/{name}.jsonl") for name in ("baselines", "qa", "rag")]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def test_the_originals_json_is_scored_as_the_run_was(finished_run: Project, tmp_path: Path) -> None:
    out = tmp_path / "answers.json"
    finished_run.must("locomo", "export", str(out), "--to", "original")
    f1 = json.loads(finished_run.path("metrics/f1.json").read_text(encoding="utf-8"))["f1_stemmed_multiset"]
    recall = json.loads(finished_run.path("metrics/recall.json").read_text(encoding="utf-8"))["recall_evidence"]
    for name in ("qa", "rag_observation_k5", "gold_evidence", "no_memory"):
        scored = json.loads(
            finished_run.must("locomo", "score", str(out), "--data", str(SAMPLE), "--key", name, "--json")
        )
        assert round(scored["overall"]["f1"], 4) == f1[name]["overall"]
        if name in recall:
            assert round(scored["overall"]["recall"], 4) == recall[name]["overall"]
    (first, *_) = json.loads(out.read_text(encoding="utf-8"))
    released = json.loads(SAMPLE.read_text(encoding="utf-8"))[0]
    entry = first["qa"][0]
    assert {key: entry[key] for key in released["qa"][0]} == released["qa"][0]
    assert {"qa_prediction", "qa_prediction_context", "qa_f1", "qa_recall"} <= set(entry)


def test_csv_and_parquet_hold_every_answer(finished_run: Project, tmp_path: Path) -> None:
    for form in ("csv", "parquet"):
        finished_run.must("locomo", "export", str(tmp_path / f"run.{form}"), "--to", form)
    with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file))
    columns = pq.read_table(tmp_path / "run.parquet").to_pylist()
    expected = predictions(finished_run)
    assert len(listed) == len(columns) == len(expected) == N
    for text, row, want in zip(listed, columns, expected, strict=True):
        assert text["id"] == row["id"] == want["id"]
        assert text["prediction"] == row["prediction"] == want["prediction"]
        assert text["context_ids"].split() == row["context_ids"] == want["context_ids"]
        assert (text["k"] or None, row["k"]) == (want["k"] and str(want["k"]), want["k"])
        assert float(text["f1_stemmed_multiset"]) == row["f1_stemmed_multiset"]
    assert {row["configuration"] for row in columns} == {
        "qa",
        "rag_dialog_k5",
        "rag_observation_k5",
        "gold_evidence",
        "no_memory",
    }
    assert {row["rouge_l"] is None for row in columns if row["category"] == 5} == {True}


def test_a_folder_of_hugging_face_datasets(finished_run: Project, tmp_path: Path) -> None:
    finished_run.must("locomo", "export", str(tmp_path / "set"), "--to", "datasets", "--configuration", "qa")
    loaded = load_from_disk(str(tmp_path / "set"))
    assert len(loaded) == 131
    first = next(row for row in predictions(finished_run) if row["task"] == "qa")
    assert (loaded[0]["question"], loaded[0]["context_ids"]) == (first["question"], first["context_ids"])
    code, output = finished_run.run("locomo", "export", str(tmp_path / "set"), "--to", "datasets")
    assert (code, output) == (
        2,
        f"error: {tmp_path / 'set'}: is a folder with files in it; expected a name that is free\n",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x", "--to", "cvs"), "error: --to cvs: expected original, csv, parquet, datasets; did you mean 'csv'?"),
        (
            ("x", "--to", "csv", "--configuration", "q"),
            "error: --configuration q: expected one of gold_evidence, no_memory, qa, ",
        ),
        (("x", "--to", "csv", "--run", "docs"), "error: 'docs': its answers are not here; `dvc repro`, `dvc pull`"),
    ],
)
def test_mistakes_are_one_line(finished_run: Project, arguments: tuple[str, ...], said: str) -> None:
    code, output = finished_run.run("locomo", "export", *arguments)
    assert code == 2
    assert output.startswith(said), output
    assert output.count("\n") == 1
    assert not finished_run.path("x").exists()


def test_turns_to_train_on(finished_run: Project, tmp_path: Path) -> None:
    out = tmp_path / "turns.jsonl"
    finished_run.must("locomo", "export", str(out), "--to", "dialogue-training", "--condition", "summary")
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    conversations = read_folder(finished_run.path("data/captioned"))
    assert len(found) == sum(len(session.turns) - 1 for each in conversations for session in each.sessions)
    assert all(each["history"] and each["target"]["text"] for each in found)
    assert {len(each["memory"]) for each in found} == {0, 1}  # nothing is before the first session
    assert any(image["caption"] for each in found for image in each["target"]["images"])
    plain = finished_run.must("locomo", "export", str(out), "--to", "dialogue-training")
    assert plain == f"{len(found):,} turns written to {out}\n"
    assert all(json.loads(line)["memory"] == [] for line in out.read_text(encoding="utf-8").splitlines())


def test_mistakes_in_what_to_train_on(finished_run: Project, tmp_path: Path) -> None:
    command = ("locomo", "export", str(tmp_path / "x"), "--to", "dialogue-training")
    code, output = finished_run.run(*command, "--condition", "sumary")
    assert (code, output) == (
        2,
        "error: --condition sumary: expected base, summary, observation; did you mean 'summary'?\n",
    )
    code, output = finished_run.run(*command, "--run", "HEAD")
    assert (code, output[:54]) == (2, "error: --run HEAD: dialogue-training reads a folder or")
    code, output = Project(tmp_path, {"PYTHONPATH": str(finished_run.root)}).run(*command)
    assert code == 2
    assert len(output.splitlines()) == 1
