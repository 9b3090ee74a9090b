"""`locomo --help` shows every command in a group, and the shell can complete them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from locomo.cli.main import app

LOCOMO = str(Path(sys.executable).with_name("locomo"))
GROUPS = ["Run", "Score and compare", "Inspect", "Share", "Maintain"]


def run(*arguments: str, **env: str) -> str:
    environment = os.environ | {"COLUMNS": "120", "TERMINAL_WIDTH": "120"} | env
    return subprocess.run([LOCOMO, *arguments], env=environment, capture_output=True, text=True, check=True).stdout


def test_commands_are_in_groups() -> None:
    lines = run("--help").splitlines()
    headings = [line.strip("╭╮─ ") for line in lines if line.startswith("╭")]
    assert headings == ["Options", *GROUPS]
    shown = {line.split()[1] for line in lines if line.startswith("│ ") and line[2] != " "}
    assert set(typer.main.get_command(app).commands) <= shown  # type: ignore[attr-defined]


@pytest.mark.parametrize(("typed", "completed"), [("locomo jud", "judge-panel"), ("locomo cache pr", "prune")])
def test_the_shell_completes_commands(typed: str, completed: str) -> None:
    words = {"COMP_WORDS": typed, "COMP_CWORD": str(len(typed.split()) - 1), "_LOCOMO_COMPLETE": "complete_bash"}
    assert run(**words).split() == [completed]
