"""What many tests share: where things are, the released data if it is here, and whole projects to run DVC in."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from locomo.secrets import settings

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "data" / "raw" / "sample.json"
MIRROR = ROOT.parent / "shared" / "mirror"
QA = 3 * 131
"""Questions of the sample that the stage qa asks: with the conversation, without memory, with the gold evidence."""

# Models are tiny here, and threads that wait for each other are slow on a machine that does other work too.
os.environ["LOCOMO_THREADS"] = "1"


@pytest.fixture(scope="session")
def locomo10() -> Path:
    """The released dataset, from the project or from a DVC folder remote beside it."""
    for path in (ROOT / "data/raw/locomo10.json", MIRROR / "files/md5/03/e2a21d45726cd5ad29602c4f9998e0"):
        if path.is_file():
            return path
    pytest.skip("the released locomo10.json is neither in data/raw nor in ../shared/mirror")


@pytest.fixture(autouse=True)
def _no_keys_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in the `.env` of this project is for running it, not for its tests."""
    of_folder = settings._file
    monkeypatch.setattr(settings, "_file", lambda: None if Path.cwd() == ROOT else of_folder())


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Nobody waits long for `asyncio.sleep`; what would have been waited, in seconds, is noted."""
    noted: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():  # a server's
            await sleep(seconds)
            return
        if seconds:
            noted.append(seconds)
        await sleep(min(seconds, 0.001))

    monkeypatch.setattr(asyncio, "sleep", note)
    return noted


@dataclass
class Project:
    """A copy of this project with a git history of one commit, in which commands run with their own request cache."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        return self.root / name

    def env(self, **more: str) -> dict[str, str]:
        own = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.root),  # the code of the copy, which tests edit
            "LOCOMO_CACHE_DIR": str(self.root.parent / "requests"),
            "DVC_NO_ANALYTICS": "1",
        }
        return {**os.environ, **own, **self.environment, **more}

    def start(self, *command: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, cwd=self.root, env=self.env(**env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *command: str, **env: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it printed."""
        process = self.start(*command, **env)
        output, _ = process.communicate(timeout=600)
        return process.returncode, output

    def must(self, *command: str, **env: str) -> str:
        code, output = self.run(*command, **env)
        assert code == 0, output
        return output

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        self.path(name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def stages_run(self, output: str) -> list[str]:
        """The stages that DVC ran, in order, by what it printed."""
        return [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]

    def copy_to(self, folder: Path) -> Project:
        shutil.copytree(self.root, folder / "project", symlinks=True)
        requests = self.root.parent / "requests"
        if requests.exists():
            shutil.copytree(requests, folder / "requests")
        return Project(folder / "project", dict(self.environment))


def make_project(folder: Path) -> Project:
    """Copy what git knows of this project (as it is in the working tree) and commit it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    root = folder / "project"
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    project = Project(root, {"LOCOMO_VALIDATION": "off"})  # takes seconds of each stage, and has tests of its own
    project.edit("params.yaml", "model: gguf/smollm2-135m-instruct", "model: mock/words")
    project.edit("params.yaml", "bertscore: minilm", "bertscore: null")
    project.must("git", "init", "-q")
    project.must("git", "config", "user.name", "Tester")
    project.must("git", "config", "user.email", "tester@example.org")
    project.must("git", "add", "-A")
    commit(project, "as it is")
    return project


def commit(project: Project, message: str) -> None:
    project.must("git", "commit", "-qam", message)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after `dvc repro` with a model that needs nothing. Not to be changed: copy it."""
    project = make_project(tmp_path_factory.mktemp("finished"))
    project.environment["LOCOMO_VALIDATION"] = "on"
    project.must("dvc", "repro")
    project.must("git", "add", "-A")
    commit(project, "a run")
    return project


@pytest.fixture
def project(finished_run: Project, tmp_path: Path) -> Project:
    """A finished run of one's own, whose stages are not validated from here on."""
    own = finished_run.copy_to(tmp_path)
    own.environment["LOCOMO_VALIDATION"] = "off"
    return own


@pytest.fixture(scope="session")
def two_branches(finished_run: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run on the branch `main`, and on `change`, which is checked out, one that refuses every question.

    Not to be changed: copy it.
    """
    project = finished_run.copy_to(tmp_path_factory.mktemp("branches"))
    project.must("git", "branch", "-M", "main")
    project.must("git", "checkout", "-q", "-b", "change")
    project.edit("params.yaml", "model: mock/words", "model: mock/refuse")
    project.must("dvc", "repro")
    commit(project, "another model")
    return project
