"""A stage imports what it computes with, and not what it could compute with: PyTorch takes seconds to start."""

from __future__ import annotations

import sys

import pytest
from conftest import Project

HEAVY = ("torch", "transformers", "bert_score", "openai", "anthropic", "xllamacpp", "ctransformers", "opentelemetry")
SCRIPT = """
import atexit, runpy, sys
atexit.register(lambda: print("imported:", *sorted({heavy!r} & {{*sys.modules}})))
sys.path.insert(0, "stages")
runpy.run_path("stages/{stage}.py", run_name="__main__")
"""


@pytest.mark.parametrize("stage", ["qa", "embed", "rag", "events", "dialogue", "score"])
def test_a_stage_that_computes_nothing_anew_starts_light(project: Project, stage: str) -> None:
    project.must(sys.executable, "stages/resolve.py")
    if stage == "rag":  # questions are encoded by its first run
        assert (project.root.parent / "requests" / "embeddings" / "vectors.sqlite").is_file()
    script = SCRIPT.format(stage=stage, heavy=set(HEAVY))
    said = project.must(sys.executable, "-c", script, PATH=project.env()["PATH"])  # a new process, not a warm one
    assert said.splitlines()[-1] == "imported:"
