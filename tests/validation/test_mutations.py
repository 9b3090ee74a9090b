"""Good outputs pass; whatever is spoiled in them is noticed by the rule that is there for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import corruptions
import pytest
from conftest import Project

from locomo.dataset import read_folder
from locomo.files import write_jsonl
from locomo.pipeline.contracts import subject_of
from locomo.pipeline.params import read_params
from locomo.retrieval.encoder import WordsAlone
from locomo.retrieval.index import Index
from locomo.retrieval.units import Unit
from locomo.validation import SUITES, Finding, Subject, Suite, load_suite, recognise
from locomo.validation.check import check

PLACES = {
    "conversations": "conversations",
    "captioned": "captioned",
    "index": "index",
    "answers": "predictions/qa.jsonl",
    "predictions": "predictions/qa.jsonl",
    "baselines": "predictions/baselines.jsonl",
    "rag": "predictions/rag.jsonl",
    "rankings": "rankings.jsonl",
    "stores": "memory",
    "memories": "memories.jsonl",
    "scores": "scores",
    "events": "predictions/events.jsonl",
    "dialogue": "predictions/dialogue.jsonl",
}


@pytest.fixture
def data(finished_run: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of a good run's data, in the project that is the current folder."""
    monkeypatch.setenv("LOCOMO_CACHE_DIR", finished_run.env()["LOCOMO_CACHE_DIR"])
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished_run.path("metrics"), tmp_path / "metrics")
    return copied(finished_run, tmp_path)


def copied(run: Project, folder: Path) -> Path:
    """A copy of a run's data, with what a memory system would have made of it."""
    shutil.copy(run.path("params.yaml"), folder)
    data = shutil.copytree(run.path("data"), folder / "data", ignore=shutil.ignore_patterns("raw", "*.partial"))
    ingested, found = [], []
    for conversation in read_folder(data / "captioned"):
        store = data / "memory/toy" / conversation.sample_id
        store.mkdir(parents=True)
        (store / "notes").write_text("what was said", encoding="utf-8")
        sums = dict.fromkeys(("calls", "input_tokens", "output_tokens", "embedded_texts"), 0)
        about = {"sample_id": conversation.sample_id, "fingerprint": "0" * 64, "sessions": len(conversation.sessions)}
        ingested.append(about | sums | {"cost_usd": None, "bytes": 13})
        memories = [{"text": "a", "dia_ids": ["D1:2", "D1:1"], "score": 2.0}, {"text": "b", "dia_ids": [], "score": 1}]
        found += [
            {"id": conversation.question_id(index), "system": "toy", "memories": memories}
            for index in range(len(conversation.questions))
        ]
    write_jsonl(data / "memory/toy/ingestion.jsonl", ingested)
    write_jsonl(data / "memories.jsonl", found)
    return data


def subject(name: str) -> Subject:
    """What the pipeline checks in the project that is the current folder."""
    path = Path("data", PLACES[name])
    if name in ("stores", "memories"):
        found = subject_of(path, read_params(["memory.systems=['toy=command:true']"]))
        assert found is not None
        return found
    if name == "answers":
        return Subject(path, ("answers",), Path("data/captioned"))
    found = subject_of(path, read_params())
    assert found is not None
    return found


def findings(subject: Subject, table: str | None = None) -> dict[str, Finding]:
    """What is found, in one table or in all."""
    suite = subject.suite()
    if table is not None:
        suite = Suite(suite.name, [rule for rule in suite.rules if rule.table == table], suite.text)
    return {finding.rule: finding for finding in check(suite, subject.tables(), "data").result.findings}


@pytest.fixture(scope="module")
def good(finished_run: Project, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Finding]]:
    """What is found in good outputs, by suite."""
    folder = tmp_path_factory.mktemp("good")
    shutil.copytree(finished_run.path("metrics"), folder / "metrics")
    copied(finished_run, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCOMO_CACHE_DIR", finished_run.env()["LOCOMO_CACHE_DIR"])
        patch.chdir(folder)
        return {name: findings(subject(name)) for name in PLACES}


def test_good_outputs_pass(good: dict[str, dict[str, Finding]]) -> None:
    assert {suite: list(found) for suite, found in good.items()} == {
        # The sample has answers that are numbers, as LoCoMo has, and a picture without a caption in each conversation.
        "conversations": ["answer_is_text"],
        "captioned": ["answer_is_text", "image_captioned"],
        "index": [],
        "answers": [],
        "predictions": [],
        "baselines": [],
        "rag": [],
        "rankings": [],
        "stores": [],
        "memories": [],
        "scores": [],
        "events": [],
        "dialogue": [],
    }
    assert all(finding.severity == "warning" for found in good.values() for finding in found.values())


@pytest.mark.parametrize(("name", "write"), [("events", corruptions.summaries()), ("dialogue", corruptions.dialogue())])
def test_good_rows_of_the_other_tasks_pass(name: str, write: corruptions.Spoil, data: Path) -> None:
    write(data)
    assert findings(subject(name)) == {}


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
    (meant,) = [each for each in subject(suite).suite().rules if each.name == rule]
    found = findings(subject(suite), meant.table)[rule]
    assert found.severity == meant.severity
    assert found.count > (good[suite][rule].count if rule in good[suite] else 0)
    assert found.rows[0]["file"]
    assert found.rows[0]["id"]


@pytest.mark.parametrize("name", PLACES)
def test_no_rule_fails_on_tables_without_rows(name: str, data: Path) -> None:
    """An empty list of baselines, a memory system that ranks nothing: none of that is wrong by itself."""
    suite = subject(name).suite()
    tables = {table: frame.iloc[:0] for table, frame in subject(name).tables().items()}
    found = check(suite, tables, "data").result.findings
    assert [finding.rule for finding in found] == (["some_conversation"] if "some_conversation" in str(suite) else [])


def test_no_baselines_and_vectors_of_no_dimensions_pass(data: Path) -> None:
    (data / "predictions/baselines.jsonl").write_text("", encoding="utf-8")
    params = read_params(["baselines=[]", "embed.encoder=bm25"])
    for path in (data / "index").rglob("*.json"):
        about = json.loads(path.read_text(encoding="utf-8"))
        units = [Unit(**unit | {"ids": tuple(unit["ids"])}) for unit in about["units"]]
        encoder = WordsAlone()
        path.unlink()
        Index.build(units, encoder.encode([unit.key for unit in units], side="passage"), encoder).save(
            path.parent, path.stem
        )
    for path in ("data/predictions/baselines.jsonl", "data/index"):
        found = subject_of(Path(path), params)
        assert found is not None
        assert findings(found) == {}


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
