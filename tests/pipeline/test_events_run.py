"""The stage `events` in a project: off as shipped, on by a parameter, read by whoever asks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Project

OUT = "data/predictions/events.jsonl"
ON = (
    "events.ways=[incremental, whole, retrieved]",
    "events.k=[3]",
    "memory.systems=[hybrid, file-agent]",  # which answers questions alone
    "judge.model=mock/words",
)
LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def metrics(project: Project) -> dict[str, Any]:
    return json.loads(project.path("metrics/events.json").read_text(encoding="utf-8"))


def test_it_is_off_and_then_writes_nothing(finished_run: Project) -> None:
    assert finished_run.path(OUT).read_bytes() == b""
    found = metrics(finished_run)
    assert found["events_scored"] == {"all": {"n": 0, "errors": 0}}
    assert "events" not in found
    assert "Event summaries" not in finished_run.path("reports/report.html").read_text(encoding="utf-8")


def test_turned_on_it_is_in_metrics_report_results_plan_and_validation(project: Project) -> None:
    flags = [word for setting in ON for word in ("-S", setting)]
    plan = json.loads(project.must(*LOCOMO, "plan", "--json", *flags))
    (planned,) = [row for row in plan if row["stage"] == "events"]
    assert (
        planned["requests"] - planned["cached"] == planned["requests"] == 21 + 3 + 3 + 3
    )  # sessions, and the other ways
    (facts,) = [row for row in plan if row["purpose"] == "facts of events"]
    assert 0 < facts["requests"] < facts["most"]
    assert project.reproduce(*ON) == ["memory", "rag", "events", "dialogue", "score"]
    rows = [json.loads(line) for line in lines(project.path(OUT))]
    assert len(rows) == planned["requests"]
    assert all(row["error"] is None for row in rows)
    found = metrics(project)
    assert set(found["events"]) == {"incremental", "whole", "observation_k3", "hybrid_k3"}
    assert set(found["events"]["incremental"]) == {"conversation", "session"}
    assert set(found["events"]["whole"]) == {"conversation"}
    assert found["events_scored"]["whole"] == {"conversation": {"n": 6, "errors": 0}}
    assert 0 <= found["events"]["whole"]["conversation"]["rouge_1_pypi"] < 0.5
    assert "fact_f1[mock/words]" in found["events"]["whole"]["conversation"]
    assert found["events_usage"]["incremental"]["calls"] == 21
    facts = [json.loads(line) for line in lines(project.path("data/scores/event_facts.jsonl"))]
    assert {fact["side"] for fact in facts} == {"predicted", "gold"}
    page = project.path("reports/report.html").read_text(encoding="utf-8")
    assert "Event summaries" in page
    assert "Table 4" in page
    said = project.must(*LOCOMO, "results")
    assert "Event summaries: means over each speaker of each conversation, in percent" in said
    assert "event_f1[minilm]" in said
    assert "events" in project.must(*LOCOMO, "validate", OUT)
    project.path("mine.jsonl").write_text(
        "".join(
            json.dumps({"sample_id": row["sample_id"], "events": row["events"]}) + "\n"
            for row in rows
            if row["way"] == "whole"
        )
    )
    given = json.loads(
        project.must(*LOCOMO, "score", "mine.jsonl", "--data", "data/raw/sample.json", "--task", "events", "--json")
    )
    mine, ours = given["events"]["given"]["conversation"], found["events"]["whole"]["conversation"]
    assert mine == {name: value for name, value in ours.items() if not name.startswith("fact_")}
    again = json.loads(project.must(*LOCOMO, "plan", "--json", *flags))
    (planned,) = [row for row in again if row["stage"] == "events" and "summaries" in row["purpose"]]
    assert (
        planned["requests"] - planned["cached"] <= 6
    )  # what is retrieved is not known to a plan, all else is in the cache
