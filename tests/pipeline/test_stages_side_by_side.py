"""`locomo run --jobs`: stages side by side, by DVC itself, and a lock of the same bytes as `dvc repro` leaves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.pipeline.runs import RUN
from locomo.pipeline.side_by_side import Chain, chains

DVC_YAML = """
stages:
  first: {cmd: "echo 1 > two", outs: [two]}
  left: {cmd: "sh work.sh left", deps: [two, how], outs: [left]}
  right: {cmd: "sh work.sh right", deps: [two, work.sh], outs: [right]}
  last: {cmd: "cat left right > end", deps: [left, right], outs: [end]}
"""
WORK = f"""
touch at.$1
echo "${RUN}" > run.$1
while grep -q together how && ! [ -e at.left -a -e at.right ]; do sleep 0.02; done
while grep -q stay how; do sleep 0.02; done
if grep -q "break $1" how; then exit 3; fi
cat two > $1
"""


def test_chains_are_what_has_to_run_one_after_the_other() -> None:
    needs = {"a": set(), "b": {"a"}, "c": set("ab"), "left": {"c"}, "right": set("ac"), "alone": set()}
    assert chains({**needs, "end": {"left", "right", "a"}}) == [
        Chain(("a", "b", "c"), frozenset()),
        Chain(("left",), frozenset("c")),
        Chain(("right",), frozenset("c")),
        Chain(("alone",), frozenset()),
        Chain(("end",), frozenset({"left", "right"})),
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of DVC whose stages take no time."""
    root = tmp_path / "project"
    root.mkdir()
    (root / "dvc.yaml").write_text(DVC_YAML)
    (root / "work.sh").write_text(WORK)
    (root / "how").write_text("")
    shutil.copy(ROOT / "params.yaml", root)
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q", "--no-scm"], cwd=root, check=True, env=environment())
    return root


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1"}


def start(root: Path, jobs: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from locomo.cli.main import main; main()", "run", "--jobs", str(jobs)]
    return subprocess.Popen(
        command, cwd=root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def run(root: Path, jobs: int) -> tuple[int, str]:
    process = start(root, jobs)
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def test_lock_is_that_of_a_serial_run_and_stages_meet(folder: Path, tmp_path: Path) -> None:
    (folder / "how").write_text("together")
    other = shutil.copytree(folder, tmp_path / "serial")
    (other / "at.right").touch()  # nobody to meet
    code, said = run(folder, 3)
    assert code == 0, said
    assert run(other, 1)[0] == 0
    assert (folder / "dvc.lock").read_bytes() == (other / "dvc.lock").read_bytes()
    assert (folder / "end").read_text() == (other / "end").read_text() == "1\n" * 2
    assert "first | Running stage 'first':" in said
    assert "left  | Running stage 'left':" in said
    assert "git add" not in said
    runs = {(folder / f"run.{name}").read_text() for name in ("left", "right")}
    assert runs != {"\n"}
    assert len(runs) == 1, "one run, with one budget"


@pytest.mark.skipif(sys.platform != "linux", reason="children end with their parent on Linux")
def test_killed_and_failed_runs_are_taken_up(folder: Path) -> None:
    (folder / "how").write_text("together, stay")
    process = start(folder, 2)
    deadline = time.monotonic() + 60
    while not ((folder / "at.left").exists() and (folder / "at.right").exists()):
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    dvc = [child for child in psutil.Process(process.pid).children() if "repro" in child.cmdline()]
    assert len(dvc) == 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert psutil.wait_procs(dvc, timeout=10)[1] == [], "nothing goes on unseen"

    (folder / "how").write_text("break left")
    code, said = run(folder, 2)
    assert code != 0
    assert "left  | ERROR: failed to reproduce 'left'" in said
    assert "Running stage 'last'" not in said
    assert (folder / "right").exists()
    assert "right:" in (folder / "dvc.lock").read_text()

    (folder / "how").write_text("")
    code, said = run(folder, 2)
    assert code == 0
    assert "right | Stage 'right' didn't change, skipping" in said
    assert (folder / "end").read_text() == "1\n" * 2


def test_a_budget_holds_for_all_stages_so_that_they_take_turns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    params = folder / "params.yaml"
    params.write_text(params.read_text().replace("budget_usd: null", "budget_usd: 1"))
    monkeypatch.chdir(folder)
    ran: list[list[str]] = []

    def run_it(command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        ran.append(command[-2:])
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", run_it)
    result = CliRunner().invoke(app, ["run", "--jobs", "2"])
    assert (result.exit_code, ran) == (3, [["dvc", "repro"]])
    assert "llm.budget_usd holds for all stages together" in result.output
