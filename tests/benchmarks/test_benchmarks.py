"""Every benchmark runs, at its smallest size: what it prints is for docs/benchmarks.md, not for here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, Project

SMALL = "data/raw/small.json"
SESSIONS, QUESTIONS = 2, 3
"""Of each conversation of SMALL."""
SMALLEST: dict[str, list[list[str]]] = {
    "bertscore": [[SMALL, "--answers", "4"]],
    "caption_blip": [["--width", "32", "--layers", "2", "--side", "32", "--pictures", "2", "--batches", "1", "2"]],
    "database": [["--runs", "2", "--answers", "1"]],
    "embedded_model": [["--questions", "1", "--ways", "single", "--busy", "0"]],
    "encode_batches": [[SMALL, "--turns", "12"]],
    "event_matching": [["--data", SMALL]],
    "fit_retriever": [[SMALL, SMALL]],
    "gateway": [["--calls", "20", "--runs", "1"]],
    "gguf_shared_prefix": [[SMALL, "--questions", "2", "--window", "256"]],
    "hf_shared_past": [["--questions", "2", "--window", "512", "--layers", "2"]],
    "index_scale": [["--most", "1"]],
    "llama_cpp": [["--questions", "1", "--k", "1", "--max-tokens", "2"]],
    "llm_client": [
        [mode, "--questions", "20", "--runs", "1"] for mode in ("overhead", "throughput", "limit", "faults")
    ],
    "memory_rates": [[SMALL, "--sessions", "1", "--systems", "examples/memory_system/keyword_memory.py:KeywordMemory"]],
    "metrics": [[SMALL]],
    "power": [["2"]],
    "prefix_hits": [["--conversations", "2", "--questions", "2", "--words", "64", "--in-flight", "2"]],
    "pytorch_beside_llama_cpp": [["--calls", "1", "--rounds", "1"]],
    "scale": [["--conversations", "1", "2", "--like", SMALL, "--stages", "generate", "caption"]],
    "telemetry": [["--calls", "20", "--runs", "1"]],
    "validation": [["caption", "--times", "1"]],
}
RUNS = [(name, *arguments) for name, runs in SMALLEST.items() for arguments in runs]


@pytest.fixture(scope="module")
def finished_copy(finished_run: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run that benchmarks may write into, with a small dataset."""
    project = finished_run.copy_to(tmp_path_factory.mktemp("benchmarks"))
    whole = json.loads(project.path("data/raw/sample.json").read_text(encoding="utf-8"))
    project.path(SMALL).write_text(json.dumps([first_sessions(one) for one in whole[:2]]), encoding="utf-8")
    return project


def first_sessions(whole: dict[str, Any]) -> dict[str, Any]:
    """The first sessions of a conversation, and some questions about them."""
    left_out = {name.removesuffix("_date_time") for name in whole["conversation"] if name.startswith("session_")}
    left_out -= {f"session_{number}" for number in range(1, SESSIONS + 1)}
    kept = {f"D{number}" for number in range(1, SESSIONS + 1)}

    def without(part: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in part.items() if not any(one in name for one in left_out)}

    parts = ("conversation", "observation", "session_summary", "event_summary")
    asked = [question for question in whole["qa"] if {place.split(":")[0] for place in question["evidence"]} <= kept]
    return whole | {part: without(whole[part]) for part in parts} | {"qa": asked[:QUESTIONS]}


def test_none_is_forgotten() -> None:
    assert sorted(SMALLEST) == sorted(path.stem for path in Path(ROOT, "benchmarks").glob("*.py"))


@pytest.mark.parametrize("run", RUNS, ids=[" ".join(run[:2]) for run in RUNS])
def test_it_runs(finished_copy: Project, run: tuple[str, ...]) -> None:
    name, *arguments = run
    output = finished_copy.must("python", f"benchmarks/{name}.py", *arguments)
    assert any(character.isdigit() for character in output.splitlines()[-1] or output)
