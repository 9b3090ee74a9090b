"""What many tests share: where things are, the released data if it is here, and whole projects to run DVC in."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from warm import Warm

from locomo.secrets import settings

ROOT = Path(__file__).resolve().parents[1]
PARAMS = ROOT / "tests" / "params.yaml"
"""The parameters that the project ships with: those of params.yaml are for whoever runs it to change."""
SAMPLE = ROOT / "data" / "raw" / "sample.json"
MIRROR = ROOT.parent / "shared" / "mirror"
RESOLVE = "stages/resolve.py"
QA = 3 * 131
"""Questions of the sample that the stage qa asks: with the conversation, without memory, with the gold evidence."""

# Models are tiny here, and threads that wait for each other are slow on a machine that does other work too.
os.environ["LOCOMO_THREADS"] = "1"
# Else each of the processes that tests start compiles its libraries anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
WARM = Warm(os.environ | {"DVC_NO_ANALYTICS": "1"})


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


@pytest.fixture(autouse=True)
def _no_width_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are as wide as the test says: COLUMNS may be set by a terminal, or by a library in another test."""
    monkeypatch.delenv("COLUMNS", raising=False)


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


SLOW, LONG = (
    frozenset((ROOT / f"tests/{kind}.txt").read_text(encoding="utf-8").splitlines()) for kind in ("slow", "long")
)
"""See tools/list_slow_tests.py."""
WHOLE_RUNS = {"clone", "project", "finished_run", "two_branches", "_never_run", "locomo10"}
"""Fixtures that run the pipeline for whichever test comes first, or read all of the released data."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make check-fast` and `make test` leave out.

    Files with such tests come first, so that no worker of pytest-xdist begins a long one when the others are done.
    """
    for item in items:
        name = item.nodeid.partition("[")[0]
        if name in LONG:
            item.add_marker(pytest.mark.long)
        if name in SLOW or WHOLE_RUNS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


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
        """Start a command. Before a stage, names are resolved, as DVC does; what is wrong with them the stage says."""
        return self._start(command, self.env(**env))

    def run(self, *command: str, **env: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and what it printed. Python's start is not waited for."""
        environment = self.env(**env)
        process = self._start(command, environment if "PATH" in env else WARM.environment(environment))
        output, _ = process.communicate(timeout=600)
        return process.returncode, output

    def _start(self, command: Sequence[str], env: dict[str, str]) -> subprocess.Popen[str]:
        python, *arguments = command
        command = ["python" if python == sys.executable else python, *arguments]
        if any(word.startswith("stages/") and word != RESOLVE for word in command):
            subprocess.run(["python", RESOLVE], cwd=self.root, env=env, capture_output=True, check=False)
        return subprocess.Popen(
            command, cwd=self.root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def must(self, *command: str, **env: str) -> str:
        code, output = self.run(*command, **env)
        assert code == 0, output
        return output

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        self.path(name).write_text(text.replace(old, new, 1), encoding="utf-8")

    def reproduce(self, *settings: str) -> list[str]:
        """Set parameters, such as "rag.k=[3]", and run `dvc repro`; return the stages that ran, in order.

        `dvc exp run -S` takes twice DVC's own time, and commits.
        """
        self.set(*settings)
        return self.stages_run(self.must("dvc", "repro"))

    def set(self, *settings: str) -> None:
        """Set parameters in params.yaml, whose comments are lost."""
        params = yaml.safe_load(self.path("params.yaml").read_text(encoding="utf-8"))
        for setting in settings:
            name, _, value = setting.partition("=")
            *sections, last = name.split(".")
            reduce(lambda values, section: values[section], sections, params)[last] = yaml.safe_load(value)
        self.path("params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")

    def stages_run(self, output: str) -> list[str]:
        """The stages that DVC ran, in order, by what it printed, but for `resolve`, which always runs."""
        ran = [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]
        return [stage for stage in ran if stage != "resolve"]

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
    project = Project(root)
    shutil.copyfile(PARAMS, project.path("params.yaml"))
    project.edit("params.yaml", "dataset: demo", "dataset: sample")
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


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Project]) -> Project:
    """Make a project once for all workers of pytest-xdist; return this worker's copy of it."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed
            folder.mkdir()
            make(folder)
            (folder / "made").touch()
    return Project(folder / "project").copy_to(factory.mktemp(name))


@pytest.fixture(scope="session")
def _never_run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return make_project(tmp_path_factory.mktemp("never"))


@pytest.fixture
def clone(_never_run: Project, tmp_path: Path) -> Project:
    """A project of one's own as git has it: nothing has run there."""
    return _never_run.copy_to(tmp_path)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project after `dvc repro` with a model that needs nothing. Not to be changed: copy it."""

    def make(folder: Path) -> Project:
        project = make_project(folder)
        project.must("dvc", "repro")
        project.must("git", "add", "-A")
        commit(project, "a run")
        return project

    return made_once(tmp_path_factory, "finished", make)


@pytest.fixture
def project(finished_run: Project, tmp_path: Path) -> Project:
    """A finished run of one's own."""
    return finished_run.copy_to(tmp_path)


@pytest.fixture(scope="session")
def two_branches(finished_run: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A finished run on the branch `main`, and on `change`, which is checked out, one that refuses every question.

    Not to be changed: copy it.
    """

    def make(folder: Path) -> Project:
        project = finished_run.copy_to(folder)
        project.must("git", "branch", "-M", "main")
        project.must("git", "checkout", "-q", "-b", "change")
        project.edit("params.yaml", "model: mock/words", "model: mock/refuse")
        project.must("dvc", "repro")
        commit(project, "another model")
        return project

    return made_once(tmp_path_factory, "branches", make)
