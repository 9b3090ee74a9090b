"""Params and metrics in DVCLive and in Weights & Biases without a network; nothing unless it is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT, Project

from locomo.errors import InputError
from locomo.reporting.trackers import track, tracked


def test_what_is_logged(finished_run: Project) -> None:
    run = tracked(finished_run.root)
    f1 = json.loads(finished_run.path("metrics/f1.json").read_text(encoding="utf-8"))["f1_stemmed_multiset"]
    assert run.metrics["f1_stemmed_multiset/qa/overall"] == f1["qa"]["overall"]
    assert (
        run.metrics["f1_stemmed_multiset/qa/overall_low"]
        < f1["qa"]["overall"]
        < run.metrics["f1_stemmed_multiset/qa/overall_high"]
    )
    assert run.metrics["usage/qa/input_tokens"] > 0
    assert (run.params["model"], run.params["rag.k"], run.params["card.dataset"]) == ("mock/words", [5], "sample")
    assert max(len(str(value)) for value in run.params.values()) < 60  # no answers, no turns


def test_dvclive(finished_run: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = track("dvclive", tracked(finished_run.root), project="locomo", name="first")
    logged = json.loads((tmp_path / folder / "metrics.json").read_text(encoding="utf-8"))
    assert (
        logged["f1_stemmed_multiset"]["qa"]["overall"]
        == tracked(finished_run.root).metrics["f1_stemmed_multiset/qa/overall"]
    )
    assert "model: mock/words" in (tmp_path / folder / "params.yaml").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_wandb_offline(finished_run: Project, tmp_path: Path) -> None:
    env = {"WANDB_MODE": "offline", "WANDB_DIR": str(tmp_path), "WANDB_SILENT": "true"}
    finished_run.must("locomo", "track", "--to", "wandb", "--name", "first", **env)
    (kept,) = tmp_path.rglob("*.wandb")
    logged = kept.read_bytes()
    assert b"f1_stemmed_multiset/rag_dialog_k5/overall" in logged
    assert b"mock/words" in logged


def test_a_tracker_that_is_not_there(finished_run: Project) -> None:
    with pytest.raises(InputError, match="--to wandbe: expected dvclive or wandb; did you mean 'wandb'"):
        track("wandbe", tracked(finished_run.root), project="locomo", name=None)
    with pytest.raises(InputError, match="no results there; run `dvc repro`"):
        tracked(finished_run.root / "docs")


def test_no_stage_knows_of_trackers() -> None:
    for script in (ROOT / "stages").glob("*.py"):
        assert "track" not in script.read_text(encoding="utf-8")
