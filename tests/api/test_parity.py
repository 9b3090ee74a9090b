"""The same numbers, and the same bytes, as the stages of the pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Project
from empty_folder import empty_folder, shared_cache

from locomo import Results, compare, evaluate, load_dataset, score

__all__ = ["empty_folder", "shared_cache"]  # fixtures

SETTINGS: dict[str, Any] = {"protocol": "paper", "context_window": 2048, "baselines": ["no_memory", "gold_evidence"]}
"""As params.yaml has them."""


@pytest.fixture
def as_qa() -> Results:
    return evaluate("mock/words", **SETTINGS)


@pytest.fixture
def as_rag() -> Results:
    return evaluate("hybrid", model="mock/words", units=["dialog", "observation"], **SETTINGS)


def means(file: Path) -> dict[str, Any]:
    values = json.loads(file.read_text(encoding="utf-8"))
    return {name: value for name, value in values.items() if isinstance(value, dict) and name != "card"}


def test_the_pipelines_files(finished_run: Project, as_qa: Results, as_rag: Results, tmp_path: Path) -> None:
    qa, rag = as_qa.save(tmp_path / "qa"), as_rag.save(tmp_path / "rag")
    conversations = sorted(path.name for path in finished_run.path("data/captioned").iterdir())
    for saved, name in (
        (qa, "data/predictions/qa.jsonl"),
        (qa, "data/predictions/baselines.jsonl"),
        (rag, "data/predictions/rag.jsonl"),
        (rag, "data/predictions/baselines.jsonl"),
        (rag, "data/rankings.jsonl"),
        (rag, "metrics/plots/recall_at_k.json"),
        *((rag, f"data/captioned/{name}") for name in conversations),
    ):
        assert (saved / name).read_bytes() == finished_run.path(name).read_bytes(), name
    for saved, configurations in (
        (qa, ["qa", "no_memory", "gold_evidence", "always_refuse"]),
        (rag, ["rag_dialog_k5", "rag_observation_k5", "no_memory", "gold_evidence", "always_refuse"]),
    ):
        for family in ("f1", "recall", "overlap", "verdicts"):
            whole, part = (means(root / f"metrics/{family}.json") for root in (finished_run.root, saved))
            for metric, found in part.items():
                assert found == {name: whole[metric][name] for name in configurations if name in whole[metric]}, metric
        written = {str(path.relative_to(saved)) for path in saved.rglob("*") if path.is_file()}
        assert {
            f"metrics/{name}.json" for name in ("usage", "intervals", "conversations", "errata", "retrieval")
        } < written
    scores = {
        (row["id"], row["configuration"]): row
        for row in map(json.loads, finished_run.path("data/scores/scores.jsonl").read_text().splitlines())
    }
    for results in (as_qa, as_rag):
        assert all(each.model_dump() == scores[each.id, each.configuration] for each in results.scores)


def test_the_run_is_compared_and_scored_like_ones_own(finished_run: Project, as_rag: Results) -> None:
    found = compare(finished_run.root, as_rag)
    assert {line.delta for line in found.lines} == {0}
    assert set(found.verdicts) == {"rag_dialog_k5", "rag_observation_k5", "no_memory", "gold_evidence"}
    again = score(finished_run.path("data/predictions/rag.jsonl"), load_dataset(finished_run.path("data/captioned")))
    assert again.metrics["rag_dialog_k5"]["overall"].keys() > {"f1_stemmed_multiset", "recall_evidence"}
    assert again.metrics["rag_dialog_k5"] == as_rag.metrics["rag_dialog_k5"]
