"""Twenty SIGKILLs at random moments of a generation: it ends like an undisturbed one, and pays no answer twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import ROOT

from locomo.llm import RequestCache

KILLS = 20
DELAY = "0.25"
"""Seconds a call, so that the kills together leave some of the two hundred calls to be made."""


def start(folder: Path, name: str, delay: str) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/generation")]),
        "LOCOMO_MOCK_LOG": str(folder / f"{name}.log"),
        "LOCOMO_MOCK_DELAY": delay,
    }
    script = Path(__file__).with_name("performance.py")
    return subprocess.Popen([sys.executable, script, folder / f"{name}-cache", folder / name], env=environment)


def calls(folder: Path, name: str) -> list[str]:
    log = folder / f"{name}.log"
    return log.read_text().split() if log.exists() else []


def answered(folder: Path, name: str) -> set[str]:
    cache = RequestCache(folder / f"{name}-cache")
    try:
        return set(cache.keys())
    finally:
        cache.close()


def files(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_killed_generations_end_like_an_undisturbed_one(tmp_path: Path) -> None:
    undisturbed = start(tmp_path, "whole", "0")
    assert undisturbed.wait(timeout=120) == 0
    every = calls(tmp_path, "whole")
    assert len(set(every)) == len(every) > 100
    pick = random.Random(5)
    killed = 0
    for _ in range(KILLS):
        paid, before = answered(tmp_path, "killed"), len(calls(tmp_path, "killed"))
        process = start(tmp_path, "killed", DELAY)
        deadline = time.monotonic() + 60
        while len(calls(tmp_path, "killed")) == before and process.poll() is None:  # it is killed at work
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(pick.uniform(0.0, 0.5))
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait(timeout=30)
        assert paid <= answered(tmp_path, "killed"), "an answer was lost"
        assert not paid & set(calls(tmp_path, "killed")[before:]), "an answered call was made again"
    assert killed == KILLS
    assert not (tmp_path / "killed").exists()
    paid, before = answered(tmp_path, "killed"), len(calls(tmp_path, "killed"))
    assert start(tmp_path, "killed", "0").wait(timeout=120) == 0
    rest = calls(tmp_path, "killed")[before:]
    assert paid | set(rest) == set(every)
    assert len(rest) == len(every) - len(paid)
    assert files(tmp_path / "killed") == files(tmp_path / "whole")
