"""Every documented value of every parameter goes through the stages that read it, and those that it changes.

Stages run in forks of one warm process (warm.py), on one conversation with two sessions. A parameter, a value of a type
or of a registry, or a value in a comment of params.yaml that is not among the cases fails a test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import batch_server
import documented
import loopback
import places
import pytest
import yaml
from cases import CASES, ELSEWHERE, PROSE, TOGETHER, Case
from conftest import PARAMS, ROOT, Project, make_project
from redis_server import REASON, RedisServer
from serving import running

from locomo.pipeline.definition import Definition
from locomo.retrieval.export import fill_store
from locomo.retrieval.index import Index
from locomo.retrieval.units import UNITS
from locomo.retrieval.vector_store import open_store

FIRST = "resolve"
"""It runs each time."""
STAGES = ("generate", "caption", "embed", "memory", "qa", "rag", "events", "dialogue", "score")
TYPES = dict(documented.leaves())
SMALL = {
    "dataset": "tiny",
    "model": "mock/words",
    "score.bertscore": "null",
    "generate.sessions": "2",
    "generate.days": "20",
    "generate.events": "4",
    "generate.max_turns": "4",
}
"""What is smaller here than params.yaml has it."""


def values_of(name: str) -> set[str]:
    """The documented forms that a parameter's cases stand for: its value, each of a list, or the form."""
    found = {case.documents or case.value for case in CASES.get(name, [])}
    for case in CASES.get(name, []):
        value = yaml.safe_load(case.value.format_map(Unfilled()))
        found |= {str(each) for each in value} if isinstance(value, list) else set()
    return found


class Unfilled(dict):
    def __missing__(self, key: str) -> str:
        return key


@pytest.mark.parametrize("name", TYPES)
def test_no_value_is_forgotten(name: str) -> None:
    elsewhere = {value for parameter, value in ELSEWHERE if parameter == name}
    run = values_of(name)
    assert run, f"{name}: no case in cases.py"
    assert documented.required(name, TYPES[name]) - elsewhere <= run
    mentioned = documented.words_of(documented.comments()[name]) - PROSE.get(name, set())
    assert mentioned - elsewhere <= run, f"{name}: its comment mentions values that are not among the cases"
    if documented.is_number(TYPES[name]):
        shipped = documented.defaults()[name]
        assert any(yaml.safe_load(case.value) not in (shipped, None) for case in CASES[name]), "another number"


def test_the_tests_have_the_parameters_of_the_project() -> None:
    """With the values that it ships with; those of params.yaml may be anybody's."""
    shipped, own = (yaml.safe_load(path.read_text(encoding="utf-8")) for path in (PARAMS, ROOT / "params.yaml"))
    assert shipped.keys() == own.keys()
    assert documented.comments(ROOT / "params.yaml") == documented.comments(), "copy params.yaml to tests/"


def test_every_provider_is_among_the_models_and_no_case_is_of_nothing() -> None:
    assert set(documented.PROVIDERS_OF_MODELS) <= values_of("model")
    assert set(CASES) == set(TYPES)


@dataclass
class Place:
    """Where cases run: a project, its data as a finished run left it, and a warm process."""

    project: Project
    finished: Path
    runner: subprocess.Popen[str]
    fill: dict[str, str]
    env: dict[str, str]
    finished_reads: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each stage read in the finished run, by its name."""

    def reads(self, stage: str) -> dict[str, Any]:
        """What a stage reads: as DVC sees it, it need not run where that is the same."""
        params = yaml.safe_load(self.project.path("params.yaml").read_text(encoding="utf-8"))
        with chdir(self.project.root):
            entry = Definition.load(stage, params)
            names = {
                f"{path}:{name}": json.loads(path.read_text(encoding="utf-8")).get(name)
                for path, names in entry.other_params.items()
                for name in names
            }
            return entry.fingerprint(params) | names

    def restore(self) -> None:
        for name in ("data", "metrics", "reports", "logs"):
            shutil.rmtree(self.project.path(name), ignore_errors=True)
            shutil.copytree(self.finished / name, self.project.path(name))
        shutil.copyfile(self.finished / "params.yaml", self.project.path("params.yaml"))

    def set(self, settings: dict[str, str]) -> None:
        self.project.set(*(f"{name}={value.format_map(self.fill)}" for name, value in settings.items()))

    def is_as_finished(self) -> bool:
        here, finished = (folder / "params.yaml" for folder in (self.project.root, self.finished))
        return here.read_bytes() == finished.read_bytes()

    def run(self, env: dict[str, str]) -> None:
        """Run what DVC would: each stage that reads something else than in the finished run."""
        said = self.project.root.parent / "said.txt"
        said.unlink(missing_ok=True)
        self._run_stage(FIRST, env, said)
        ran = [stage for stage in STAGES if self._run_stage(stage, env, said, unless=self.finished_reads.get(stage))]
        if not ran:  # how models are called changes no output: those that ask run all the same
            for stage in STAGES[STAGES.index("qa") :]:
                self._run_stage(stage, env, said)

    def _run_stage(self, stage: str, env: dict[str, str], said: Path, unless: dict[str, Any] | None = None) -> bool:
        """Run a stage, unless what it reads is as given; return whether it ran."""
        if unless is not None and unless == self.reads(stage):
            return False
        code = self.ask(stage=stage, env=env, output=str(said))
        assert code == "0", f"{stage} ended with {code}:\n{said.read_text(encoding='utf-8')}"
        return True

    def ask(self, **job: Any) -> str:
        """Let the warm process do something; return its answer."""
        self.runner.stdin.write(json.dumps({"root": str(self.project.root)} | job) + "\n")
        self.runner.stdin.flush()
        return self.runner.stdout.readline().strip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A project in which the tiny dataset has gone through all stages."""
    folder = tmp_path_factory.mktemp("values")
    project = make_project(folder)
    project.path("dvc.lock").unlink()
    project.path("data/raw/tiny.json").write_text(json.dumps(places.dataset()), encoding="utf-8")
    fill = places.make_models(folder / "models")
    places.personas(folder / "models")
    places.prompts(folder / "models")
    shutil.copytree(project.path("data/raw/sample_images"), folder / "models/pictures")
    env = project.env(
        PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "examples/memory_system"), str(folder / "offered")]),
        HF_HUB_CACHE=fill["hub"],
        HF_HUB_OFFLINE="1",
        LOCOMO_IMAGES_DIR=str(folder / "images"),
    )
    offer_memory(folder / "offered")
    warm = [sys.executable, str(Path(__file__).with_name("warm.py"))]
    with (
        loopback.serve() as services,
        running(batch_server.Server()) as batches,
        subprocess.Popen(
            warm, env=env, cwd=project.root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as runner,
    ):
        services.reply = places.answer
        env |= {name: "none" for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY")}
        env |= {"OPENAI_BASE_URL": f"{services.address}/v1"}
        env |= dict.fromkeys(("ANTHROPIC_BASE_URL", "GOOGLE_API_ENDPOINT", "GOOGLE_GEMINI_BASE_URL"), services.address)
        declared = f"services: {{house: {{base_url: '{services.address}/v1'}}}}\n"
        project.path("models.yaml").write_text(declared, encoding="utf-8")
        fill["batches"] = f"{batches.address}/v1"
        made = Place(project, folder / "finished", runner, fill, env)
        made.set(SMALL)
        made.run(env)
        made.ask()
        made.finished_reads = {stage: made.reads(stage) for stage in STAGES}
        for name in ("data", "metrics", "reports", "logs"):
            shutil.copytree(project.path(name), made.finished / name)
        shutil.copyfile(project.path("params.yaml"), made.finished / "params.yaml")
        fill_database(folder / "models/store", project.path("data/index"))
        yield made
        runner.stdin.close()


def fill_database(place: Path, indexes: Path) -> None:
    """Fill a vector database with what `embed` wrote, as `locomo export-embeddings` does."""
    ids = sorted(folder.name for folder in indexes.iterdir())
    store = open_store("qdrant", place, Index.load(indexes / ids[0], "dialog").vectors.d)
    fill_store(store, ids, indexes, list(UNITS))
    store.close()


def offer_memory(folder: Path) -> None:
    """Let the example of a memory system be found, as if it were installed."""
    about = folder / "locomo_keyword_memory-0.1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: locomo-keyword-memory\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text("[locomo.memory_systems]\nkeywords = keyword_memory:KeywordMemory\n")


def runs() -> Iterator[dict[str, Case]]:
    """Yield the cases of each run, by parameter: one, or those that go together."""
    taken = {setting for group in TOGETHER for setting in group.items()}
    for name, cases in CASES.items():
        yield from ({name: case} for case in cases if (name, case.value) not in taken)
    for group in TOGETHER:
        yield {name: next(case for case in CASES[name] if case.value == value) for name, value in group.items()}


def settings_of(cases: dict[str, Case]) -> dict[str, str]:
    """The values of cases, and what they need beside them."""
    settings = {name: case.value for name, case in cases.items()}
    for case in cases.values():
        for name, value in case.beside.items():
            assert settings.setdefault(name, value) == value, f"{[*cases]} cannot be run together: {name}"
    return settings


RUNS = [pytest.param(run, id=", ".join(f"{name}={case.value}" for name, case in run.items())) for run in runs()]


@pytest.mark.parametrize("cases", RUNS)
def test_it_goes_through_the_pipeline(
    place: Place, cases: dict[str, Case], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settings = settings_of(cases)
    before = next((case.before for case in cases.values() if case.before is not None), None)
    if "{redis}" in settings.values():
        if REASON:
            pytest.skip(REASON)
        server = RedisServer(tmp_path)
        server.start()
        request.addfinalizer(server.kill)
        place.fill["redis"] = server.url
    env = dict(place.env)
    if any(name == "model" or name.startswith("llm.") for name in cases):
        env["LOCOMO_CACHE_DIR"] = str(tmp_path / "cache")  # these are about asking: nothing is answered already
    if "batch" in settings.get("model", ""):
        env["OPENAI_BASE_URL"] = place.fill["batches"]
    place.restore()
    if before is not None:
        place.set(before)
        place.run(env)
    place.set(settings)
    if before is not None or not place.is_as_finished():  # what params.yaml ships with has gone through already
        place.run(env)
    check(place.project)


def check(project: Project) -> None:
    """No call failed, every question has an answer in each setting, and the metrics are there."""
    rows = [
        json.loads(line)
        for task in ("qa", "rag", "baselines")
        for line in project.path(f"data/predictions/{task}.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [row["error"] for row in rows if row["error"] is not None] == []
    usage = json.loads(project.path("metrics/usage.json").read_text(encoding="utf-8"))["usage"]
    for task in ("qa", "rag"):
        asked = any(row["task"] == task for row in rows)
        assert any(name.startswith(task) for name in usage) == asked, f"metrics of {task}"
    assert project.path("reports/report.html").stat().st_size > 10_000
