"""Repeats: averaged for the means, apart for their spread. Refusals: what always refusing earns."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo.dataset import read_conversations, read_predictions, write_predictions
from locomo.dataset.predictions import StoredPredictions
from locomo.schema import Prediction, Score, Usage
from locomo.scoring import Answer, by_configuration, score_answers, scoring_protocol
from locomo.scoring.always_refuse import refusals
from locomo.scoring.repeats import averaged, spreads


def score(index: int, f1: float, *, repeat: int = 0, error: str | None = None) -> Score:
    return Score(
        id=f"a:{index}",
        configuration="qa" if repeat == 0 else f"qa#{repeat + 1}",
        category=4,
        f1=f1,
        recall=0.5,
        has_evidence=True,
        has_context=True,
        error=error,
    )


def test_repeats_are_averaged_by_question() -> None:
    found = averaged([score(0, 1.0), score(1, 0.0), score(0, 0.5, repeat=1), score(1, 0.0, repeat=1, error="HTTP 500")])
    assert [(s.id, s.configuration, s.f1, s.recall, s.error) for s in found] == [
        ("a:0", "qa", 0.75, 0.5, None),
        ("a:1", "qa", 0.0, 0.5, "HTTP 500"),
    ]


def test_without_repeats_scores_stay_as_they_are() -> None:
    scores = [score(0, 1.0), score(1, 0.0)]
    assert averaged(scores) == scores
    assert spreads(scores) == {}


def test_the_spread_is_of_the_repeats_of_each_question() -> None:
    scores = [
        score(i, f1, repeat=r) for r, run in enumerate([(1.0, 0.0, 0.5), (1.0, 0.2, 0.3)]) for i, f1 in enumerate(run)
    ]
    found = spreads(scores)["f1"]["qa"]
    assert found.repeats == 2
    assert found.run_sd == pytest.approx(0.0)
    assert found.answer_sd == pytest.approx(((0.0 + 0.02 + 0.02) / 3) ** 0.5)
    assert spreads(scores)["recall"]["qa"].question_sd == 0.0


def test_the_first_row_of_repeats_is_written_as_ever(tmp_path: Path) -> None:
    fields = {
        "id": "a:0",
        "sample_id": "a",
        "index": 0,
        "category": 4,
        "question": "?",
        "reference": "x",
        "prediction": "y",
        "raw": "y",
        "context_ids": [],
        "task": "qa",
        "unit": None,
        "k": None,
        "model": "m",
        "protocol": "paper",
        "usage": Usage(),
        "request": "r",
    }
    path = tmp_path / "rows.jsonl"
    write_predictions(path, [Prediction(**fields), Prediction(**fields, repeat=1)])
    first, second = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    assert "repeat" not in first
    assert second["repeat"] == 1
    assert [row.configuration for row in read_predictions(path)] == ["qa", "qa#2"]
    stored = StoredPredictions([path, path])
    for _ in range(2):  # whoever goes through them again finds them all
        assert [row.configuration for row in stored] == ["qa", "qa#2"] * 2


def test_always_refusing_earns_what_the_paper_protocol_gives_it(locomo10: Path) -> None:
    conversations = read_conversations(locomo10)
    answers = [Answer.of(row) for row in refusals(conversations, scoring_protocol("paper"))]
    means = by_configuration(score_answers(conversations, answers, where="x", protocol=scoring_protocol("paper")))[
        "always_refuse"
    ]
    assert means["adversarial"]["f1"] == 1.0
    assert means["overall"]["f1"] == pytest.approx(0.225, abs=0.002)
