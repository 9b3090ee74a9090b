"""`locomo explain`: what is made of a number is found in files that were made so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, SAMPLE

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.evaluation.explain import Explanation, explain
from locomo.evaluation.explain.labels import match
from locomo.evaluation.explain.means import means, named
from locomo.evaluation.explain.told import own_scores, retrieved
from locomo.scoring import Answer
from locomo.scoring.f1 import multiset_f1
from locomo.scoring.spans import best_span_f1

LOCOMO = (sys.executable, "-c", "from locomo.cli.main import main; main()")


def made(way: str, folder: Path) -> Path:
    program = (sys.executable, ROOT / "examples/disputed_numbers.py", way, SAMPLE)
    (folder / "answers.json").write_text(subprocess.run(program, capture_output=True, text=True, check=True).stdout)
    return folder / "answers.json"


def test_category_5_in_the_numerator(tmp_path: Path) -> None:
    found = explain(made("numerator", tmp_path), SAMPLE, claim=0.6729)
    assert found.met == [
        ("in the file: llm_score", "5 on top", pytest.approx(72 / 107)),
        ("local judge", "5 on top", 72 / 107),
    ]
    shares = found.means["in the file: llm_score"]
    assert (shares["categories 1-4"], shares["all"]) == (48 / 107, 72 / 131)
    assert (found.missing, found.unread, found.twice) == ({}, [], [])


def test_a_lenient_judge(tmp_path: Path) -> None:
    found = explain(made("lenient", tmp_path), SAMPLE, claim=0.84)
    assert found.missing == {"adversarial": 24}
    assert found.means["in the file: llm_score"]["categories 1-4"] == pytest.approx(91 / 107)
    assert found.judges["local judge"] == pytest.approx(37 / 107)
    assert found.agreement["in the file: llm_score"] == pytest.approx(53 / 107)
    assert found.met == []
    assert "all" not in found.means["local judge"]
    assert found.length["best_span"] > found.length["f1"]


def test_the_page_says_it_in_words(tmp_path: Path) -> None:
    command = (*LOCOMO, "explain", made("lenient", tmp_path), "--data", SAMPLE, "--claim")
    page = subprocess.run((*command, "85"), capture_output=True, text=True, check=True).stdout
    assert "107 of 131 are answered" in page
    assert "24 are missing: adversarial 24" in page
    assert "85 is in the file: llm_score, categories 1-4: 85.05" in page
    assert "agree on 49.5% of the answers" in page
    values = json.loads(subprocess.run((*command, "85", "--json"), capture_output=True, text=True, check=True).stdout)
    assert set(values) == {*Explanation.__dataclass_fields__, "met"}
    refused = subprocess.run((*command, "850"), capture_output=True, text=True, check=False)
    assert (refused.returncode, refused.stderr) == (2, "error: --claim: found 850, expected percent from 0 to 100\n")


def test_rows_that_cannot_be_used_are_counted(tmp_path: Path) -> None:
    (conversation, *_) = read_conversations(SAMPLE)
    rows: list[dict[str, Any]] = [
        {"id": conversation.question_id(0), "prediction": "x", "category": 4, "top_k": 20, "context_tokens": 900},
        {"id": conversation.question_id(0), "prediction": "y", "category": 4, "top_k": 20, "context_tokens": 1100},
        {"id": "conv-0:0", "prediction": "x"},
        {"id": conversation.question_id(1)},
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = explain(path, SAMPLE)
    assert found.rows == 4
    assert found.twice == [conversation.question_id(0)]
    assert sum(found.answered.values()) == 1
    assert len(found.unread) == 2
    assert "prediction: missing" in found.unread[0]
    assert found.unread[1] == "question 'conv-0:0' is not in the dataset"
    assert found.context == {"k": "20", "tokens": 900.0}
    path.write_text(json.dumps(rows[2]) + "\n")
    with pytest.raises(InputError, match="no answers to questions of sample: question 'conv-0:0' is not"):
        explain(path, SAMPLE)


def test_labels_are_told_by_the_questions_that_have_them() -> None:
    categories = {"a:0": 1, "a:1": 1, "a:2": 4, "a:3": 2}
    found = match({"a:0": "4", "a:1": "4", "a:2": "open-domain", "a:3": "when"}, categories, [1, 2, 3, 4, 5])
    assert [(each.label, each.category, each.misnamed) for each in found] == [
        ("4", "multi_hop", True),
        ("open-domain", "single_hop", True),
        ("when", "temporal", False),
    ]
    (mixed,) = match({"a:0": "1", "a:1": "1", "a:2": "1"}, categories, [1, 2, 3, 4, 5])
    assert (mixed.questions, mixed.category, mixed.others, mixed.misnamed) == (3, "multi_hop", 1, False)


def test_means() -> None:
    categories = {"a:0": 1, "a:1": 4, "a:2": 4, "b:0": 4, "b:1": 5}
    found = means({"a:0": 1.0, "a:1": 1.0, "a:2": 0.0, "b:1": 1.0}, categories)
    assert found == {
        "answered": 0.75,
        "categories 1-4": 0.5,
        "all": 0.6,
        "macro 1-4": pytest.approx((1 + 1 / 3) / 2),
        "macro 1-5": pytest.approx((1 + 1 / 3 + 1) / 3),
        "by conversation": pytest.approx((2 / 3 + 0) / 2),
        "5 on top": 0.75,
    }
    assert set(means({"a:0": 1.0}, categories)) == {"answered", "categories 1-4", "macro 1-4", "by conversation"}


def test_ways_have_no_numbers_of_categories_where_a_dataset_has_others() -> None:
    locomo, others = named(["locomo"]), named(["realtalk", "realtalk"])
    assert [name for name, _ in locomo.values()] == list(locomo)
    assert [name for name, _ in others.values()] == [
        *("answered", "answerable", "all", "macro, answerable", "macro, all", "by conversation", "others on top")
    ]
    assert not any(character.isdigit() for _, said in others.values() for character in said.removesuffix("as 0"))


def test_scores_are_known_by_their_names() -> None:
    rows = [
        {"llm_score": 1, "f1": 62.5, "label": "CORRECT", "score_note": "x", "llm_judgments": {"1": True, "2": False}},
        {"llm_score": 0, "f1": 0, "label": "WRONG", "nlp": {"bleu_1": 0.5}, "question": "1"},
    ]
    answers = [Answer(f"a:{index}", "qa", "x", None, row=row) for index, row in enumerate(rows)]
    assert own_scores(answers) == {
        "llm_score": {"a:0": 1.0, "a:1": 0.0},
        "f1": {"a:0": 0.625, "a:1": 0.0},
        "label": {"a:0": 1.0, "a:1": 0.0},
        "llm_judgments": {"a:0": 0.5},
        "nlp.bleu_1": {"a:1": 0.5},
    }
    assert retrieved([Answer("a:0", "qa", "x", None, row={"search_context": "x" * 400})]) == {"estimated_tokens": 100}


@pytest.mark.parametrize(
    ("said", "gold", "best"),
    [
        ("I think it was in a blue tent, as she said", "blue tent", 1.0),
        ("blue", "blue tent", 2 / 3),
        ("nothing", "blue tent", 0.0),
        ("blue and then later the tent", "blue tent", 2 / 3),
    ],
)
def test_the_best_run_of_words(said: str, gold: str, best: float) -> None:
    assert best_span_f1(said, gold) == pytest.approx(best)
    words = said.split()
    runs = [" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    assert best_span_f1(said, gold) == pytest.approx(max(multiset_f1(run, gold) for run in runs))
