"""Stages against a server on loopback: offline, in batches, faulty, and with a key that must be nowhere."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from conftest import QA, ROOT, Project

PLANTED = "sk-planted-3f9c51"


@contextmanager
def serving(**how: float) -> Iterator[int]:
    """A server of tests/llm/chat_server.py; gives its port."""
    command = [sys.executable, str(ROOT / "tests/llm/chat_server.py"), json.dumps(how)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def journal(port: int) -> dict:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/journal") as answer:
        return json.load(answer)


def use_server(project: Project, port: int) -> None:
    project.environment |= {
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "OPENAI_API_KEY": PLANTED,
        "LOCOMO_CACHE_DIR": str(project.root.parent / "openai"),
    }
    project.edit("params.yaml", "model: mock/words", "model: openai/m")


def qa(project: Project) -> tuple[int, str]:
    return project.run(sys.executable, "stages/qa.py")


def rows(project: Project) -> list[dict]:
    return [json.loads(line) for line in project.path("data/predictions/qa.jsonl").read_text().splitlines()]


def test_faults_cost_no_more_than_their_number(project: Project) -> None:
    with serving(faults=0.2, hang=6, seed=2) as port:
        use_server(project, port)
        project.edit("params.yaml", "timeout: null", "timeout: 3")
        code, output = qa(project)
        saw = journal(port)
    assert code == 0, output
    assert saw["answered_again"] == 0
    assert saw["requests"] == QA + sum(saw["faults"].values()) > QA
    assert {row["error"] for row in rows(project)} == {None}
    usage = json.loads(project.path("logs/qa.usage.json").read_text())
    assert sum(usage["retries"].values()) == sum(saw["faults"].values())
    assert (usage["answered"], usage["failed"], usage["usd"]) == (QA, 0, None)
    assert 0 < usage["seconds_p50"] <= usage["seconds_p95"]


def test_the_key_is_in_no_file_and_no_output(project: Project) -> None:
    with serving(faults=0.1, hang=0, seed=3) as port:
        use_server(project, port)
        output = project.must("dvc", "repro")
    assert PLANTED not in output
    folders = [project.root, project.root.parent / "openai"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files = [path for path in files if not path.is_relative_to(project.path("tests"))]
    assert len(files) > 100
    assert [path for path in files if PLANTED.encode() in path.read_bytes()] == []


def test_offline_the_cache_answers_without_a_key_and_what_is_missing_is_listed(project: Project) -> None:
    with serving() as port:
        use_server(project, port)
        code, output = qa(project)
        assert code == 0, output
    before = project.path("data/predictions/qa.jsonl").read_bytes()
    project.edit("params.yaml", "offline: false", "offline: true")
    del project.environment["OPENAI_API_KEY"]

    code, output = qa(project)
    assert code == 0, output
    assert project.path("data/predictions/qa.jsonl").read_bytes() == before

    project.edit("params.yaml", "max_tokens: 32", "max_tokens: 33")
    code, output = qa(project)
    assert code == 5
    assert f"llm.offline: {QA} requests have no answer in the cache: 1-" in output
    assert "all are listed in logs/qa.missing.jsonl" in output
    missing = project.path("logs/qa.missing.jsonl").read_text().splitlines()
    assert len(missing) == QA
    project.path("request.json").write_text(missing[0])
    assert "max_tokens: 32 → 33" in project.must("locomo", "cache", "why", "request.json")

    project.edit("params.yaml", "offline: true", "offline: false")
    code, output = qa(project)
    assert (code, "OPENAI_API_KEY is not set; export it" in output) == (3, True)


def test_answers_that_are_passed_on_give_the_same_run_elsewhere(project: Project) -> None:
    with serving() as port:
        use_server(project, port)
        code, output = qa(project)
        assert code == 0, output
    before = project.path("data/predictions/qa.jsonl").read_bytes()
    project.must("locomo", "cache", "export", "answers.jsonl")
    project.environment["LOCOMO_CACHE_DIR"] = str(project.root.parent / "elsewhere")
    del project.environment["OPENAI_API_KEY"]
    project.edit("params.yaml", "offline: false", "offline: true")
    assert qa(project)[0] == 5
    project.must("locomo", "cache", "import", "answers.jsonl")
    code, output = qa(project)
    assert code == 0, output
    assert project.path("data/predictions/qa.jsonl").read_bytes() == before


def test_a_key_that_is_refused_ends_the_run_in_one_line(project: Project) -> None:
    with serving(refuse=401) as port:
        use_server(project, port)
        code, output = qa(project)
        saw = journal(port)
    assert code == 3
    assert "error: model 'openai/m': the key was refused (401: no); check OPENAI_API_KEY" in output
    assert "Traceback" not in output
    assert saw["requests"] <= 16
