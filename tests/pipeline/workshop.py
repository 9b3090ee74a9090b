"""A folder with one stage, which does what a test says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from conftest import PARAMS, ROOT

WORK = """
import sys, time
from pathlib import Path
from locomo.errors import InputError
from locomo.pipeline import Stage, run_stage, say

def main(stage: Stage) -> None:
    say("work", {"things": 3, "others": 0})
    if "mistake" in sys.argv:
        raise InputError("file.json: line 3: found 1, expected 2")
    if "bug" in sys.argv:
        raise RuntimeError("our bug")
    Path("at_work").touch()
    while "wait" in sys.argv and not Path("go_on").exists():
        time.sleep(0.01)
    stage.out("out").write_text("done")

run_stage("work", main)
"""
DVC_YAML = "stages:\n  work: {cmd: python work.py, params: [model], deps: [work.py], outs: [out]}\n"


class Workshop:
    """A folder with one stage."""

    def __init__(self, root: Path, work: str = WORK) -> None:
        self.root = root
        (root / "params.yaml").write_text(PARAMS.read_text(encoding="utf-8"), encoding="utf-8")
        (root / "dvc.yaml").write_text(DVC_YAML)
        (root / "work.py").write_text(work)

    def start(self, *how: str, **env: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **env}
        command = [sys.executable, "work.py", *how]
        return subprocess.Popen(command, cwd=self.root, env=environment, stderr=subprocess.PIPE, text=True)

    def run(self, *how: str, **env: str) -> tuple[int, str]:
        process = self.start(*how, **env)
        _, errors = process.communicate(timeout=60)
        return process.returncode, errors

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.root / "logs/work.jsonl").read_text().splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.root / "logs/run.json").read_text())
