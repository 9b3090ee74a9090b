"""The guard around stages: nothing half-written, nothing under the wrong params, no orphan, one plain line."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PARAMS, ROOT

from locomo.errors import InputError
from locomo.pipeline.guard import Stage

WORK = """
import sys, time
from pathlib import Path
from locomo.errors import InputError
from locomo.pipeline import Stage, run_stage

def main(stage: Stage) -> None:
    out = stage.out("out")
    out.mkdir()
    (out / "first").write_text(stage.params.model)
    Path("at_work").touch()
    while not Path("go_on").exists():
        time.sleep(0.01)
    (out / "second").write_text(Path("read.txt").read_text())
    stage.out("one.json").write_text("{}")

if __name__ == "__main__":
    run_stage("work", main)
"""

DVC_YAML = """
stages:
  work:
    cmd: python work.py
    params: [model, rag.k]
    deps: [work.py, read.txt, folder]
    outs: [out]
    metrics:
      - one.json: {cache: false}
"""


class Workshop:
    """A folder with one stage, which waits in mid-work until it is told to go on."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copy(PARAMS, root)
        (root / "dvc.yaml").write_text(DVC_YAML)
        (root / "work.py").write_text(WORK)
        (root / "read.txt").write_text("read")
        (root / "folder").mkdir()
        (root / "folder/file").write_text("in a folder")
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *command: str, own_group: bool = False, **env: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command or (sys.executable, "work.py"),
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
            start_new_session=own_group,
            stderr=subprocess.PIPE,
            text=True,
            # Where the tests run in the background, Ctrl-C is switched off, and that would be inherited.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        self.started.append(process)
        return process

    def start_and_wait(self) -> subprocess.Popen[str]:
        process = self.start()
        self.wait_for("at_work")
        return process

    def wait_for(self, name: str) -> None:
        deadline = time.monotonic() + 30
        while not (self.root / name).exists():
            assert time.monotonic() < deadline, f"{name} never came"
            time.sleep(0.01)

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        (self.root / "go_on").touch()
        _, errors = process.communicate(timeout=30)
        return process.returncode, errors

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        (self.root / name).write_text(text.replace(old, new))

    @property
    def published(self) -> bool:
        return (self.root / "out").exists() or (self.root / "one.json").exists()


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    shop = Workshop(tmp_path)
    yield shop
    for process in shop.started:
        process.kill()
        process.wait()


def test_outputs_appear_together_at_the_end(workshop: Workshop) -> None:
    process = workshop.start_and_wait()
    assert not workshop.published
    code, errors = workshop.finish(process)
    assert code == 0, errors
    assert (workshop.root / "out/first").read_text() == "gguf/smollm2-135m-instruct"
    assert (workshop.root / "out/second").read_text() == "read"
    assert not list(workshop.root.glob("*.partial*"))
    assert '"message": "work: ' in (workshop.root / "logs/work.jsonl").read_text()


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("params.yaml", "model: gguf/smollm2-135m-instruct", "model: mock/words", "model"),
        ("params.yaml", "k: [5]", "k: [6]", "rag.k"),
        ("work.py", "first", "other", "work.py"),
        ("read.txt", "read", "written", "read.txt"),
        ("folder/file", "in", "no longer in", "folder/file"),
        ("dvc.yaml", "python work.py", "python -u work.py", "its entry in dvc.yaml"),
        ("dvc.yaml", "read.txt, folder]", "read.txt]", "its entry in dvc.yaml"),
    ],
)
def test_a_change_in_mid_run_publishes_nothing(workshop: Workshop, name: str, old: str, new: str, said: str) -> None:
    process = workshop.start_and_wait()
    workshop.edit(name, old, new)
    code, errors = workshop.finish(process)
    assert code == 4
    assert not workshop.published
    assert f"{said} changed while it ran" in errors
    assert len(errors.strip().splitlines()) == 1


@pytest.mark.parametrize("name", ["params.yaml", "dvc.yaml"])
def test_a_file_that_is_broken_in_mid_run_is_one_line(workshop: Workshop, name: str) -> None:
    process = workshop.start_and_wait()
    (workshop.root / name).write_text("a: [1\n")
    code, errors = workshop.finish(process)
    assert (code, workshop.published) == (2, False)
    assert errors.startswith(f"error: {name}: line 2, column 1: not valid YAML: ")
    assert len(errors.strip().splitlines()) == 1


def test_a_new_file_in_a_folder_that_is_read_is_a_change(workshop: Workshop) -> None:
    process = workshop.start_and_wait()
    (workshop.root / "folder/new").touch()
    code, errors = workshop.finish(process)
    assert (code, workshop.published) == (4, False)
    assert "folder/new changed" in errors


def test_a_change_elsewhere_does_not_matter(workshop: Workshop) -> None:
    process = workshop.start_and_wait()
    workshop.edit("params.yaml", "bertscore: minilm", "bertscore: null")
    workshop.edit("params.yaml", "# Every parameter", "# Each parameter")
    (workshop.root / "unrelated.py").touch()
    (workshop.root / "folder/__pycache__").mkdir()
    (workshop.root / "folder/__pycache__/file.pyc").touch()
    code, errors = workshop.finish(process)
    assert code == 0, errors
    assert workshop.published


def test_a_killed_stage_leaves_no_output_and_the_next_run_is_whole(workshop: Workshop) -> None:
    process = workshop.start_and_wait()
    process.kill()
    process.wait()
    assert not workshop.published
    (workshop.root / "out.partial/litter").touch()
    (workshop.root / "at_work").unlink()
    code, errors = workshop.finish(workshop.start_and_wait())
    assert code == 0, errors
    assert sorted(path.name for path in (workshop.root / "out").iterdir()) == ["first", "second"]


def test_earlier_outputs_are_replaced(workshop: Workshop) -> None:
    assert workshop.finish(workshop.start())[0] == 0
    (workshop.root / "out/stale").touch()
    assert workshop.finish(workshop.start())[0] == 0
    assert not (workshop.root / "out/stale").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells a process of its parent's death on Linux only")
def test_a_stage_dies_with_what_started_it(workshop: Workshop) -> None:
    code = f"import subprocess; subprocess.Popen([{sys.executable!r}, 'work.py']).wait()"
    parent = workshop.start(sys.executable, "-c", code)
    workshop.wait_for("at_work")
    (child,) = map(int, Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split())
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{child}/stat").exists() and Path(f"/proc/{child}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < deadline, "the stage lives on"
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells a process of its parent's death on Linux only")
def test_a_stage_whose_dvc_died_while_it_started_does_nothing(workshop: Workshop) -> None:
    code = f"import subprocess; subprocess.Popen([{sys.executable!r}, 'work.py'])"
    parent = workshop.start(sys.executable, "-c", code, own_group=True, DVC_STAGE="work")
    parent.communicate(timeout=20)  # the orphan holds stderr too: it is gone when that ends
    assert not (workshop.root / "at_work").exists()
    assert not workshop.published


def test_the_same_stage_twice_at_once_is_refused(workshop: Workshop) -> None:
    first = workshop.start_and_wait()
    workshop.edit(
        "work.py",
        'run_stage("work", main)',
        'import locomo.pipeline.guard as g; g.LOCK_TIMEOUT = 0.1; run_stage("work", main)',
    )
    second = workshop.start()
    _, errors = second.communicate(timeout=30)
    assert second.returncode == 1
    assert errors == "error: stage 'work' is already running here; wait for it, or end it, and run again\n"
    first.kill()


def test_ctrl_c_is_one_line(workshop: Workshop) -> None:
    process = workshop.start_and_wait()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "stopped: answers received so far are kept; run again to go on\n"
    assert not workshop.published


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "said"),
    [
        (
            "params.yaml",
            "k: [5]",
            "k: 0",
            2,
            "error: params.yaml: rag.k: found 0, expected a whole number of at least 1\n",
        ),
        ("dvc.yaml", "  work:", "  other:", 2, "error: dvc.yaml: no stage 'work'\n"),
        (
            "dvc.yaml",
            "outs: [out]",
            "outs: [elsewhere]",
            2,
            "error: dvc.yaml: stage 'work' does not declare the output out\n",
        ),
    ],
)
def test_a_mistake_is_one_line(workshop: Workshop, name: str, old: str, new: str, code: int, said: str) -> None:
    workshop.edit(name, old, new)
    assert workshop.finish(workshop.start()) == (code, said)


def test_outside_of_a_project(workshop: Workshop) -> None:
    (workshop.root / "params.yaml").unlink()
    code, errors = workshop.finish(workshop.start())
    assert (code, errors) == (2, "error: params.yaml: no such file\n")


def test_a_file_that_dvc_would_not_see_stops_a_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(PARAMS, tmp_path)
    for name, text in {
        "stages/rag.py": "from locomo.retrieval.ranking import rank\n",
        "locomo/retrieval/ranking.py": "from locomo.retrieval.mine import score\n",
        "locomo/retrieval/mine.py": "",
        "dvc.yaml": "stages: {rag: {cmd: exec python stages/rag.py, outs: [out], "
        "deps: [stages/rag.py, locomo/retrieval/ranking.py]}}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=r"stage 'rag' uses locomo/retrieval/mine\.py, which it does not declare"):
        Stage("rag")
    (tmp_path / "dvc.yaml").write_text(
        (tmp_path / "dvc.yaml").read_text().replace("deps: [", "deps: [locomo/retrieval/mine.py, ")
    )
    Stage("rag")
    (tmp_path / "dvc.yaml").write_text(
        "stages: {rag: {cmd: exec python stages/rag.py, outs: [out], deps: [stages/rag.py, locomo/retrieval]}}"
    )
    Stage("rag")
