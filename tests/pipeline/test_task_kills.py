"""The stages `events` and `dialogue`, killed 20 times: they end like undisturbed ones and ask nothing twice."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
from conftest import Project

KILLS = 10
"""Of each stage."""
AT_ONCE = 4
"""Calls of the mock model that are in flight together."""
ON = {
    "events": ("  ways: []", "  ways: [incremental, whole]"),
    "dialogue": ("  conditions: []", "  conditions: [base, summary]"),
}


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.mark.parametrize("stage", ON)
def test_killed_it_ends_like_an_undisturbed_run_and_asks_nothing_twice(project: Project, stage: str) -> None:
    rng = random.Random(stage)
    script, out = f"stages/{stage}.py", project.path(f"data/predictions/{stage}.jsonl")
    project.edit("params.yaml", *ON[stage])
    undisturbed = project.copy_to(project.root.parent / "undisturbed")
    undisturbed.must(sys.executable, script)
    asked = project.root.parent / "asked"
    project.environment |= {"LOCOMO_MOCK_LOG": str(asked), "LOCOMO_MOCK_DELAY": "0.15"}
    killed = 0
    for _ in range(KILLS):
        out.unlink(missing_ok=True)
        before = len(lines(asked))
        process = project.start(sys.executable, script)
        deadline = time.monotonic() + 60
        while len(lines(asked)) == before and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(rng.uniform(0.0, 0.2))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate(timeout=60)
    assert killed >= KILLS // 2
    project.must(sys.executable, script, LOCOMO_MOCK_DELAY="0")
    assert out.read_bytes() == undisturbed.path(f"data/predictions/{stage}.jsonl").read_bytes()
    keys = lines(asked)
    assert len(keys) - len(set(keys)) <= AT_ONCE * killed  # what was sent when it was killed is lost, and asked again
    project.must(sys.executable, script)
    assert lines(asked) == keys
