"""Answers of a system of one's own are read, or refused with the place that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from locomo.errors import InputError
from locomo.scoring.answers import read_answers


def test_an_answer_that_would_take_minutes_to_score_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    rows = [{"id": "a:0", "prediction": "May"}, {"id": "a:1", "prediction": "a " * 10_000_000}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_answers(path, [])
    assert str(caught.value) == (
        f"{path}, row 2: prediction: 20,000,000 characters, expected at most 100,000; shorten the answer"
    )
