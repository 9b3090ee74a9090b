"""A user's mistake ends a stage with one line that names file and place, without a traceback and without an output."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Project

Samples = list[dict[str, Any]]


def first_turn(samples: Samples) -> dict[str, Any]:
    return samples[0]["conversation"]["session_1"][0]


def remove_session(samples: Samples) -> None:
    del samples[1]["conversation"]["session_2"]


def remove_dia_id(samples: Samples) -> None:
    del first_turn(samples)["dia_id"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove_session, ": [1].conversation.session_2: missing"),
        (remove_dia_id, ": [0].conversation.session_1[0].dia_id: missing, expected an id such as 'D3:7'"),
        (lambda s: first_turn(s).update(dia_id="D1:2"), ": [0].conversation.session_1[1].dia_id: found 'D1:2'"),
        (lambda s: s[2]["qa"][5].update(category=7), ": [2].qa[5].category: found a number (7), expected 1 to 5"),
        (lambda s: s[2]["qa"][5].update(evidence="D1:1"), ": [2].qa[5].evidence: found text ('D1:1'), expected a list"),
    ],
)
def test_a_broken_dataset(project: Project, change: Callable[[Samples], None], said: str) -> None:
    path = project.path("data/raw/sample.json")
    samples = json.loads(path.read_text(encoding="utf-8"))
    change(samples)
    path.write_text(json.dumps(samples), encoding="utf-8")
    assert_refused(project, "generate", f"error: data/raw/sample.json{said}")


def test_a_dataset_that_is_cut_off(project: Project) -> None:
    path = project.path("data/raw/sample.json")
    path.write_text(path.read_text(encoding="utf-8")[:5000], encoding="utf-8")
    assert_refused(project, "generate", "error: data/raw/sample.json: line ")


@pytest.mark.parametrize(
    ("stage", "old", "new", "said"),
    [
        (
            "generate",
            "dataset: sample",
            "dataset: samlpe",
            "error: dataset 'samlpe': no data/raw/samlpe.json; ex",
        ),
        (
            "generate",
            "dataset: sample",
            "dataset: locomo10",
            "error: data/raw/locomo10.json: not here; run `locomo",
        ),
        ("embed", "encoder: minilm", "encoder: minlm", "error: encoder 'minlm': expected one of minilm, contr"),
        ("qa", "model: mock/words", "model: mock/wrods", "error: model 'mock/wrods': expected one of refuse, wo"),
        ("qa", "model: mock/words", "model: nobody/words", "error: model 'nobody/words': expected provider/mo"),
        ("qa", "model: mock/words", "model: words", "error: model 'words': expected provider/mo"),
        (
            "qa",
            "protocol: paper",
            "protocol: papr",
            "error: protocol 'papr': expected one of paper, head, strict, judge; did you mean 'paper'?",
        ),
        ("qa", "window: 2048", "window: 40", "error: params.yaml: answer.context_window: 40 tokens do not fit"),
        ("rag", "[dialog, ", "[dialogue, ", "error: params.yaml: rag.units: unit 'dialogue': expected one of dialog,"),
        ("rag", "k: [5]", "k: 0", "error: params.yaml: rag.k: found 0, expected a whole number of at least 1"),
        (
            "score",
            "protocol: paper",
            "protocol: papr",
            "error: protocol 'papr': expected one of paper, head, strict, judge",
        ),
    ],
)
def test_a_wrong_knob(project: Project, stage: str, old: str, new: str, said: str) -> None:
    project.edit("params.yaml", old, new)
    assert_refused(project, stage, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lambda text: text[:-40], "error: data/predictions/qa.jsonl, row 131: line 1, column"),
        (lambda text: text.split("\n", 1)[1], "error: every_question_answered (coverage): 1 of 131"),
        (lambda text: text.replace("sample-1:0", "conv-26:0", 1), "error: question_exists (predictions): 1 of 131"),
        (lambda text: text.replace('"category": 2', '"category": "two"', 1), "data/predictions/qa.jsonl, row 1: "),
    ],
)
def test_broken_predictions(project: Project, text: Callable[[str], str], said: str) -> None:
    path = project.path("data/predictions/qa.jsonl")
    path.write_text(text(path.read_text(encoding="utf-8")), encoding="utf-8")
    code, output = project.run("python", "stages/score.py")
    assert code in (2, 7)
    assert said in output
    assert "Traceback" not in output


def test_a_conversation_without_the_unit(project: Project) -> None:
    path = project.path("data/raw/sample.json")
    samples = json.loads(path.read_text(encoding="utf-8"))
    for sample in samples:
        del sample["observation"]
    path.write_text(json.dumps(samples), encoding="utf-8")
    code, output = project.run("dvc", "repro")
    assert code != 0
    assert "error: params.yaml: rag.units: sample-1 has no unit 'observation'; leave it out" in output
    project.edit("params.yaml", "[dialog, observation]", "dialog")
    project.must("dvc", "repro")


def test_a_missing_key_of_a_provider(project: Project) -> None:
    project.edit("params.yaml", "model: mock/words", "model: openai/gpt-4o-mini")
    project.environment["OPENAI_API_KEY"] = ""
    assert_refused(project, "qa", "error: model 'openai/gpt-4o-mini': OPENAI_API_KEY is not set; export it", code=3)


def assert_refused(project: Project, stage: str, said: str, *, code: int = 2) -> None:
    found, output = project.run("python", f"stages/{stage}.py")
    assert output.splitlines()[-1].startswith(said), output
    assert "Traceback" not in output
    assert found == code
    assert not list(project.root.glob("data/*.partial/*.json"))
