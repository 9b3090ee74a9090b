"""Good outputs pass; whatever is spoiled in them is noticed by the rule that is there for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import corruptions
import pytest
from conftest import Project

from locomo.validation import SUITES, Finding, Subject, Suite, load_suite, recognise
from locomo.validation.check import check

PLACES = {
    "conversations": "conversations",
    "captioned": "captioned",
    "index": "index",
    "answers": "predictions/qa.jsonl",
    "predictions": "predictions/qa.jsonl",
    "rankings": "rankings.jsonl",
    "scores": "scores",
}


@pytest.fixture
def data(finished_run: Project, tmp_path: Path) -> Path:
    """A copy of a good run's data."""
    return shutil.copytree(
        finished_run.path("data"), tmp_path / "data", ignore=shutil.ignore_patterns("raw", "*.partial"), symlinks=False
    )


def subject(data: Path, suite: str) -> Subject:
    files = [data / f"predictions/{task}.jsonl" for task in ("qa", "baselines", "rag")]
    predictions = tuple(files) if suite == "scores" else ()
    about = None if suite in ("conversations", "captioned") else data / "captioned"
    return Subject(data / PLACES[suite], (suite,), about, predictions)


def findings(subject: Subject, table: str | None = None) -> dict[str, Finding]:
    """What is found, in one table or in all."""
    suite = subject.suite()
    if table is not None:
        suite = Suite(suite.name, [rule for rule in suite.rules if rule.table == table], suite.text)
    return {finding.rule: finding for finding in check(suite, subject.tables(), "data").result.findings}


@pytest.fixture(scope="module")
def good(finished_run: Project) -> dict[str, dict[str, Finding]]:
    """What is found in good outputs, by suite."""
    return {suite: findings(subject(finished_run.path("data"), suite)) for suite in PLACES}


def test_good_outputs_pass(good: dict[str, dict[str, Finding]]) -> None:
    assert {suite: list(found) for suite, found in good.items()} == {
        # The sample has answers that are numbers, as LoCoMo has, and a picture without a caption in each conversation.
        "conversations": ["answer_is_text"],
        "captioned": ["answer_is_text", "image_captioned"],
        "index": [],
        "answers": [],
        "predictions": [],
        "rankings": [],
        "scores": [],
    }
    assert all(finding.severity == "warning" for found in good.values() for finding in found.values())


def test_rag_passes_too(finished_run: Project) -> None:
    path = finished_run.path("data/predictions/rag.jsonl")
    assert findings(recognise(path, finished_run.path("data/captioned"))) == {}


@pytest.mark.parametrize(
    ("suite", "rule", "spoil"), corruptions.ALL, ids=[f"{suite}-{rule}" for suite, rule, _ in corruptions.ALL]
)
def test_what_is_spoiled_is_noticed(
    suite: str, rule: str, spoil: corruptions.Spoil, data: Path, good: dict[str, dict[str, Finding]]
) -> None:
    spoil(data)
    (meant,) = [each for each in load_suite(suite).rules if each.name == rule]
    found = findings(subject(data, suite), meant.table)[rule]
    assert found.severity == meant.severity
    assert found.count > (good[suite][rule].count if rule in good[suite] else 0)
    assert found.rows[0]["file"]
    assert found.rows[0]["id"]


def test_every_rule_has_something_that_breaks_it() -> None:
    broken = {rule for _, rule, _ in corruptions.ALL}
    rules = {rule.name for suite in SUITES if suite != "locomo10" for rule in load_suite(suite).rules}
    assert rules == broken
    assert len(corruptions.ALL) >= 40


def test_the_released_data_passes_with_its_known_flaws(locomo10: Path) -> None:
    found = findings(Subject(locomo10, ("conversations", "locomo10")))
    assert {rule: finding.count for rule, finding in found.items()} == {
        "answer_is_text": 6,
        "question_has_evidence": 4,
        "evidence_form": 6,
        "evidence_exists": 3,
    }
    assert all(finding.severity == "warning" for finding in found.values())
    assert found["evidence_exists"].rows[0] == {"file": str(locomo10), "id": "conv-42:58", "found": "'D10:19'"}


def test_a_released_dataset_that_lost_something_is_not_locomo10(locomo10: Path, tmp_path: Path) -> None:
    samples = json.loads(locomo10.read_text(encoding="utf-8"))
    samples[0]["qa"].pop()  # adversarial
    path = tmp_path / "locomo10.json"
    path.write_text(json.dumps(samples), encoding="utf-8")
    found = findings(recognise(path, None), "dataset")
    assert {rule: finding.rows[0]["found"] for rule, finding in found.items()} == {
        "locomo10_questions": "1985",
        "locomo10_adversarial": "445",
    }
