"""Twenty SIGKILLs at random moments of qa and rag: nothing half-written, nothing lost, nothing asked twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import Project

from locomo.llm import RequestCache

KILLS = {"qa": 10, "rag": 10}
DELAY = "0.3"
"""Seconds an answer: 393 questions, four at once, take 30 s, more than all the time that qa has between its kills."""


def answered(folder: Path) -> set[str]:
    """The keys of all answers that were stored."""
    cache = RequestCache(folder)
    try:
        return set(cache.keys())
    finally:
        cache.close()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def wait_until_asking(project: Project, process: subprocess.Popen[str], before: int) -> None:
    """Wait until a stage has asked something, so that it is killed at work and not while it starts."""
    asked = Path(project.environment["LOCOMO_MOCK_LOG"])
    deadline = time.monotonic() + 120
    while len(lines(asked)) == before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_runs_end_like_an_undisturbed_one(project: Project, finished_run: Project) -> None:
    rng = random.Random(20)
    requests = project.root.parent / "requests"
    shutil.rmtree(requests)
    shutil.rmtree(project.path(".dvc/cache"))
    asked = project.root.parent / "asked"
    project.environment |= {"LOCOMO_MOCK_LOG": str(asked), "LOCOMO_MOCK_DELAY": DELAY}
    killed = 0
    for stage, kills in KILLS.items():
        output = project.path(f"data/predictions/{stage}.jsonl")
        output.unlink()
        for kill in range(kills):
            paid, before = answered(requests), len(lines(asked))
            by_dvc = kill % 5 == 4  # now and then it is DVC that is killed, and its stage with it
            command = ["dvc", "repro", "--single-item", stage] if by_dvc else [sys.executable, f"stages/{stage}.py"]
            process = project.start(*command)
            if kill % 3:
                wait_until_asking(project, process, before)
            time.sleep(rng.uniform(0.0, 0.6))
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
                killed += 1
            process.communicate(timeout=60)
            assert not output.exists()
            assert not paid & set(lines(asked)[before:]), "an answered question was asked again"
            assert paid <= answered(requests), "an answer was lost"
        project.environment["LOCOMO_MOCK_DELAY"] = "0"
        paid, before = answered(requests), len(lines(asked))
        project.must("dvc", "repro", "--single-item", stage)
        assert not paid & set(lines(asked)[before:])
        project.environment["LOCOMO_MOCK_DELAY"] = DELAY
        assert output.read_bytes() == finished_run.path(f"data/predictions/{stage}.jsonl").read_bytes()
    assert killed == sum(KILLS.values())
    project.must("dvc", "repro")
    assert project.path("dvc.lock").read_bytes() == finished_run.path("dvc.lock").read_bytes()
    assert not list(project.path("data").rglob("*.partial*"))
