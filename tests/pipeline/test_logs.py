"""What a stage leaves in logs/: JSON lines, a summary of the run, and the same lines in CloudWatch if wanted."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import QA, ROOT, Project
from moto_aws import ACCOUNT, aws_on_loopback
from workshop import Workshop

from locomo.pipeline import run_summary

STAGES = ("generate", "caption", "embed", "memory", "qa", "rag", "events", "dialogue", "score")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


def test_people_read_words_and_programs_read_lines(workshop: Workshop) -> None:
    code, errors = workshop.run()
    assert code == 0
    assert errors.splitlines()[0] == "work: 3 things, 0 others"
    first, last = workshop.lines
    assert (first["level"], first["stage"], first["message"]) == ("info", "work", "work: 3 things, 0 others")
    assert (first["things"], first["others"]) == (3, 0)
    assert last["seconds"] > 0
    assert first["run"] == last["run"] == workshop.summary["run"]
    assert first["at"] <= last["at"]
    assert first["at"].endswith("+00:00")


def test_a_mistake_is_a_line_with_its_kind(workshop: Workshop) -> None:
    code, errors = workshop.run("mistake")
    assert (code, errors.splitlines()[-1]) == (2, "error: file.json: line 3: found 1, expected 2")
    last = workshop.lines[-1]
    assert (last["level"], last["error"], last["exit_code"]) == ("error", "InputError", 2)
    assert workshop.summary["stages"]["work"]["state"] == "failed"


def test_a_bug_keeps_its_traceback_once_on_the_terminal_and_in_the_log(workshop: Workshop) -> None:
    code, errors = workshop.run("bug")
    assert code == 1
    assert errors.count("RuntimeError: our bug") == 1
    assert "RuntimeError: our bug" in workshop.lines[-1]["traceback"]
    assert workshop.lines[-1]["level"] == "critical"


def test_the_summary_of_a_whole_run(finished_run: Project) -> None:
    summary = json.loads(finished_run.path("logs/run.json").read_text())
    assert tuple(summary["stages"]) == STAGES
    assert {stage["state"] for stage in summary["stages"].values()} == {"done"}
    first_commit = finished_run.must("git", "rev-list", "--max-parents=0", "HEAD").strip()
    assert summary["git"]["commit"] == first_commit
    assert {"python", "dvc", "torch", "faiss-cpu"} <= set(summary["packages"])
    assert len(summary["params_sha256"]) == 64
    for stage in summary["stages"].values():
        assert stage["seconds"] > 0
        assert 20 < stage["peak_memory_mib"] < 20_000
    qa, rag = summary["stages"]["qa"], summary["stages"]["rag"]
    assert (qa["requests"], rag["requests"]) == (QA, 262)
    assert qa["input_tokens"] > 10_000
    assert qa["usd"] == rag["usd"] == 0
    assert "requests" not in summary["stages"]["generate"]


def test_a_run_with_nothing_to_do_leaves_the_summary_of_the_last_one(project: Project) -> None:
    before = project.path("logs/run.json").read_bytes()
    assert project.stages_run(project.must("dvc", "repro")) == []
    assert project.path("logs/run.json").read_bytes() == before


def test_each_run_starts_the_summary_anew(project: Project) -> None:
    before = json.loads(project.path("logs/run.json").read_text())
    project.edit("params.yaml", "seed: 0", "seed: 1")
    project.must(sys.executable, "stages/generate.py")
    after = json.loads(project.path("logs/run.json").read_text())
    assert list(after["stages"]) == ["generate"]
    assert after["run"] != before["run"]
    assert after["params_sha256"] != before["params_sha256"]
    assert after["git"]["dirty"] is True


def test_a_stage_that_was_killed_is_still_said_to_run(workshop: Workshop) -> None:
    process = workshop.start("wait")
    deadline = time.monotonic() + 30
    while not (workshop.root / "at_work").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert workshop.summary["stages"]["work"]["state"] == "running"
    assert workshop.run()[0] == 0
    assert workshop.summary["stages"]["work"]["state"] == "done"


def test_a_summary_that_somebody_broke_is_made_anew(workshop: Workshop) -> None:
    (workshop.root / "logs").mkdir()
    (workshop.root / "logs/run.json").write_text('{"stages": [')
    assert workshop.run()[0] == 0
    assert workshop.summary["stages"]["work"]["state"] == "done"


def test_stages_at_the_same_time_lose_nothing_of_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"stage-{number}" for number in range(12)]
    run_summary.begin(names[0], "1")
    together = threading.Barrier(4)

    def one(name: str) -> None:
        together.wait(timeout=30)
        run_summary.begin(name, "1")
        run_summary.end(name, "done", seconds=1.0)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, names))
    stages = json.loads(Path("logs/run.json").read_text())["stages"]
    assert {name: stage["state"] for name, stage in stages.items()} == dict.fromkeys(names, "done")


# CloudWatch


@pytest.fixture
def account() -> Iterator[dict[str, str]]:
    with aws_on_loopback() as environment:
        yield environment


def client(account: dict[str, str]) -> Any:
    import boto3

    return boto3.session.Session().client(
        "logs",
        endpoint_url=account["AWS_ENDPOINT_URL"],
        region_name=account["AWS_REGION"],
        aws_access_key_id=account["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=account["AWS_SECRET_ACCESS_KEY"],
    )


def test_lines_reach_cloudwatch_as_they_are_in_the_file(workshop: Workshop, account: dict[str, str]) -> None:
    code, errors = workshop.run(LOCOMO_CLOUDWATCH="/locomo/tests", **account)
    assert (code, len(errors.splitlines())) == (0, 2), errors
    logs = client(account)
    (stream,) = logs.describe_log_streams(logGroupName="/locomo/tests")["logStreams"]
    name = stream["logStreamName"]
    assert name.endswith("/work")
    events = logs.get_log_events(logGroupName="/locomo/tests", logStreamName=name, startFromHead=True)["events"]
    assert [json.loads(event["message"]) for event in events] == workshop.lines


@pytest.mark.parametrize("trouble", ["refused", "no credentials", "no region", "no package"])
def test_a_cloudwatch_that_is_away_is_one_warning(workshop: Workshop, trouble: str) -> None:
    environment = {**ACCOUNT, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    if trouble == "no credentials":
        environment |= {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    elif trouble == "no region":
        environment |= {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}
    elif trouble == "no package":
        (workshop.root / "watchtower.py").write_text("raise ImportError('not here')")
        environment["PYTHONPATH"] = f"{workshop.root}:{ROOT}"
    started = time.monotonic()
    code, errors = workshop.run(LOCOMO_CLOUDWATCH="/locomo/tests", **environment)
    assert code == 0
    assert time.monotonic() - started < 20
    lines = errors.splitlines()
    assert len(lines) == 3, errors
    assert lines[0].startswith("LOCOMO_CLOUDWATCH: logs do not reach /locomo/tests, and go to logs/ alone: ")
    assert [line["level"] for line in workshop.lines] == ["warning", "info", "info"]
    assert (workshop.root / "out").read_text() == "done"


def test_a_cloudwatch_that_goes_away_is_one_warning(workshop: Workshop) -> None:
    with aws_on_loopback() as account:
        process = workshop.start("wait", LOCOMO_CLOUDWATCH="/locomo/goes", **account)
        deadline = time.monotonic() + 30
        while not (workshop.root / "at_work").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
    started = time.monotonic()
    (workshop.root / "go_on").touch()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert time.monotonic() - started < 20
    assert errors.count("LOCOMO_CLOUDWATCH: logs do not reach /locomo/goes") == 1
    assert len(errors.splitlines()) == 3, errors
