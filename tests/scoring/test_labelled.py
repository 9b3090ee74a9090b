"""`strict` agrees with labels that were given by hand: see docs/protocols.md for what counts as agreement.

The half `tuning` was looked at while the rules were made, the half `unseen` was not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from locomo.schema import Question
from locomo.scoring.refusal import refuses
from locomo.scoring.strict import strict_score
from locomo.tasks.options import parse_option

FOLDER = Path(__file__).parent / "labelled"
RIGHT = 0.7
"""From this score on an answer counts as right."""
LEAST = 0.97
HALVES = ["tuning", "unseen"]


def rows(half: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{half}.jsonl").read_text(encoding="utf-8").splitlines()]


def agrees(row: dict[str, Any]) -> bool:
    if row["kind"] == "option":
        return parse_option(row["answer"], {"a": row["a"], "b": row["b"]}) == row["takes"]
    question = Question(
        question=row["question"],
        category=row["category"],
        evidence=[],
        answer=row["gold"],
        adversarial_answer=None if row["gold"] else "a cake",
    )
    return (strict_score(question, row["answer"]) >= RIGHT) == row["right"]


@pytest.mark.parametrize("half", HALVES)
def test_verdicts_agree_with_the_labels(half: str) -> None:
    found = rows(half)
    assert len(found) >= 300
    wrong = [row for row in found if not agrees(row)]
    assert 1 - len(wrong) / len(found) >= LEAST, wrong


@pytest.mark.parametrize("half", HALVES)
def test_refusals_are_found_and_answers_are_not_taken_for_refusals(half: str) -> None:
    found = [row for row in rows(half) if row["kind"] == "refusal"]
    refusals = [row["right"] for row in found if refuses(row["answer"])]
    precision = sum(refusals) / len(refusals)
    recall = sum(refusals) / sum(row["right"] for row in found)
    assert min(precision, recall) >= LEAST, (precision, recall)


def test_no_row_of_one_half_is_in_the_other() -> None:
    one, other = ({json.dumps(row, sort_keys=True) for row in rows(half)} for half in HALVES)
    assert one.isdisjoint(other)
    assert len(one) == len(rows("tuning"))
