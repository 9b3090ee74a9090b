"""Memory systems in the pipeline as users run it: ingested once, searched, answered from, scored."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from conftest import Project

FILE = "examples/memory_system/keyword_memory.py"
SYSTEMS = f"memory.systems=[{FILE}:KeywordMemory, hybrid, last-sessions]"


def rows(project: Project, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in project.path(name).read_text(encoding="utf-8").splitlines()]


def checks(project: Project) -> dict[str, Any]:
    return json.loads(project.path("metrics/usage.json").read_text())["memory_checks"]


def test_systems_are_ingested_once_and_stand_in_every_table(project: Project) -> None:
    assert project.reproduce(SYSTEMS) == ["memory", "rag", "events", "dialogue", "score"]
    found = {(row["unit"], row["k"]) for row in rows(project, "data/predictions/rag.jsonl")}
    assert {("KeywordMemory", 10), ("hybrid", 10), ("last-sessions", 10), ("dialog", 5)} <= found
    recall = json.loads(project.path("metrics/recall.json").read_text())["recall_evidence"]
    assert recall["rag_KeywordMemory_k10"]["overall"] > recall["rag_last-sessions_k10"]["overall"] >= 0
    assert len(rows(project, "data/memory/KeywordMemory/ingestion.jsonl")) == 3
    assert len(rows(project, "data/memories.jsonl")) == 131
    assert project.stages_run(project.must("dvc", "repro")) == []
    # What `locomo memory check` finds is shown by scoring again, for as long as the class stays as it is.
    assert checks(project) == {"KeywordMemory": None}
    project.must("locomo", "memory", "check", f"{FILE}:KeywordMemory", "-S", "memory.model=mock/words")
    assert project.stages_run(project.must("dvc", "repro")) == ["score"]
    found = checks(project)["KeywordMemory"]
    assert (found["model"], found["outcomes"]["names"], found["outcomes"]["updates"]) == ("mock/words", "kept", "lost")
    assert "9 of 10" in project.must("locomo", "results")
    assert "checked with" in project.path("reports/report.html").read_text(encoding="utf-8")
    # An edit of the class ingests again, and asks again what it changes.
    project.edit(FILE, "return [self.memories[number] for number in best[:k]]", "return self.memories[:k]")
    assert project.stages_run(project.must("dvc", "repro")) == ["memory", "rag", "events", "dialogue", "score"]
    assert rows(project, "data/memories.jsonl")[0]["memories"][0]["dia_ids"] == ["D1:1"]
    assert checks(project) == {"KeywordMemory": None}


def test_what_systems_ask_is_cached_counted_and_journaled(project: Project) -> None:
    shutil.copy(Path(__file__).with_name("caller.py"), project.path("caller.py"))
    chosen = "memory.systems=[caller.py:Asking]", "memory.model=mock/words"
    project.reproduce(*chosen)
    ingested = rows(project, "data/memory/Asking/ingestion.jsonl")
    assert [row["calls"] for row in ingested] == [row["sessions"] for row in ingested]
    assert all(row["input_tokens"] > 0 and row["embedded_texts"] == row["sessions"] for row in ingested)
    calls = [row for row in rows(project, "logs/calls.jsonl") if row.get("system") == "Asking"]
    made = Counter((row["stage"], row["phase"]) for row in calls)
    questions = len({row["id"] for row in rows(project, "data/memories.jsonl")})
    assert made == {("memory", "ingest"): sum(row["sessions"] for row in ingested), ("rag", "search"): questions}
    # What searches asked stands in the log of the stage beside the answers, and in the table.
    stages = json.loads(project.path("logs/run.json").read_text())["stages"]
    assert stages["memory"]["requests"] == made["memory", "ingest"]
    assert "memory" not in stages["memory"]
    assert stages["rag"]["requests"] == 3 * questions
    searched = stages["rag"]["memory"]
    assert (searched["requests"], searched["hits"], searched["usd"]) == (questions, 0, 0.0)
    assert json.loads(project.path("logs/rag.memory.usage.json").read_text())["model"] == "mock/words"
    sums = json.loads(project.path("metrics/usage.json").read_text())["memory"]["Asking"]
    assert sums["search_calls"] == questions
    assert sums["search_input_tokens"] == searched["input_tokens"] > 0
    assert sums["search_output_tokens"] == searched["output_tokens"] > 0
    recall = json.loads(project.path("metrics/recall.json").read_text())["recall_evidence"]
    assert recall["rag_Asking_k10"]["overall"] > 0
    # A second ingestion finds every answer in the cache.
    before = project.path("logs/calls.jsonl").read_text()
    shutil.rmtree(project.root.parent / "requests/memory")
    shutil.rmtree(project.path("data/memory"))
    project.must("dvc", "repro", "-f", "-s", "memory")
    assert project.path("logs/calls.jsonl").read_text() == before
    assert rows(project, "data/memory/Asking/ingestion.jsonl") == ingested
