"""Rankings that are kept give what the retriever gave, without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.reporting.retrieval import recall_rows, retrieval_file
from locomo.retrieval.rankings import DEPTH, Rankings, Recorded
from locomo.retrieval.retriever import Hit
from locomo.retrieval.units import UNITS
from locomo.scoring.ranking import evaluate

CONVERSATIONS = read_conversations(SAMPLE)[:2]


class Turned:
    """Ranks all units in reading order, begun at another one for each question."""

    def rank(self, conversation, unit, questions, k):
        units = UNITS[unit](conversation)
        turned = [units[n % len(units) :] + units[: n % len(units)] for n in range(len(questions))]
        return [[Hit(each, -float(rank)) for rank, each in enumerate(found[:k])] for found in turned]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    recorded = Recorded(Turned())
    for conversation in CONVERSATIONS:
        for unit in ("dialog", "summary"):
            questions = [question.question for question in conversation.questions]
            assert recorded.rank(conversation, unit, questions, 3) == Turned().rank(conversation, unit, questions, 3)
    recorded.write(tmp_path / "rankings.jsonl")
    return tmp_path / "rankings.jsonl"


def test_what_is_measured_is_the_same(kept: Path) -> None:
    rankings = Rankings(kept)
    assert rankings.units == ["dialog", "summary"]
    for unit in rankings.units:
        first, second = (evaluate(CONVERSATIONS, each, unit, (1, 5, DEPTH)) for each in (Turned(), rankings))
        for measure, values in first.values.items():
            assert (values == second.values[measure]).all()


def test_files_of_it(kept: Path) -> None:
    found = {"dialog": evaluate(CONVERSATIONS, Rankings(kept), "dialog", (1, 5))}
    file = retrieval_file({"dataset": "sample"}, found)
    assert file["dataset"] == "sample"
    assert file["recall"]["dialog"]["k5"]["overall"] == round(found["dialog"].means("recall")["overall"][1], 4)
    assert set(file["mrr"]["dialog"]["k1"]) == {"overall"}
    rows = recall_rows(found)
    assert {row["k"] for row in rows} == {1, 5}
    assert {(row["unit"], row["category"]) for row in rows} > {("dialog", "multi_hop"), ("dialog", "overall")}


def test_rankings_of_other_conversations_are_refused(kept: Path) -> None:
    lines = kept.read_text().splitlines()
    kept.write_text("\n".join(lines[:-1]))
    with pytest.raises(InputError, match=r"rankings\.jsonl: not of .*run `dvc repro rag`"):
        evaluate(CONVERSATIONS, Rankings(kept), "summary", (1,))
    kept.write_text(json.dumps({"id": "x"}))
    with pytest.raises(InputError, match=r"rankings\.jsonl: not the rankings of a run"):
        Rankings(kept)
