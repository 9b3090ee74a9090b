"""Every benchmark runs, at its smallest size: what it prints is for docs/benchmarks.md, not for here."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import ROOT, Project

SAMPLE = "data/raw/sample.json"
SMALLEST: dict[str, list[list[str]]] = {
    "bertscore": [[SAMPLE, "--answers", "4"]],
    "caption_blip": [["--width", "32", "--layers", "2", "--side", "32", "--pictures", "2", "--batches", "1", "2"]],
    "database": [["--runs", "2", "--answers", "1"]],
    "embedded_model": [["--questions", "1", "--ways", "single", "--busy", "0"]],
    "encode_batches": [[SAMPLE, "--turns", "12"]],
    "event_matching": [[]],
    "fit_retriever": [[SAMPLE, SAMPLE]],
    "gateway": [["--calls", "20", "--runs", "1"]],
    "gguf_shared_prefix": [[SAMPLE, "--questions", "2", "--window", "256"]],
    "hf_shared_past": [["--questions", "2", "--window", "512", "--layers", "2"]],
    "index_scale": [["--most", "1"]],
    "llama_cpp": [["--questions", "1"]],
    "llm_client": [
        [mode, "--questions", "20", "--runs", "1"] for mode in ("overhead", "throughput", "limit", "faults")
    ],
    "memory_rates": [[SAMPLE, "--systems", "examples/memory_system/keyword_memory.py:KeywordMemory"]],
    "metrics": [[SAMPLE]],
    "power": [["2"]],
    "prefix_hits": [["--conversations", "2", "--questions", "2", "--words", "64", "--in-flight", "2"]],
    "pytorch_beside_llama_cpp": [["--calls", "1"]],
    "scale": [["--conversations", "1", "2", "--like", SAMPLE, "--stages", "generate", "caption"]],
    "telemetry": [["--calls", "20", "--runs", "1"]],
    "validation": [["caption"]],
}
RUNS = [(name, *arguments) for name, runs in SMALLEST.items() for arguments in runs]


@pytest.fixture(scope="module")
def finished_copy(finished_run: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run that benchmarks may write into."""
    return finished_run.copy_to(tmp_path_factory.mktemp("benchmarks"))


def test_none_is_forgotten() -> None:
    assert sorted(SMALLEST) == sorted(path.stem for path in Path(ROOT, "benchmarks").glob("*.py"))


@pytest.mark.parametrize("run", RUNS, ids=[" ".join(run[:2]) for run in RUNS])
def test_it_runs(finished_copy: Project, run: tuple[str, ...]) -> None:
    name, *arguments = run
    output = finished_copy.must("python", f"benchmarks/{name}.py", *arguments)
    assert any(character.isdigit() for character in output.splitlines()[-1] or output)
