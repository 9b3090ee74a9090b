"""The files of the tasks beside question answering: scores, and what git tracks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo.evaluation.event_scores import ScoredEvents
from locomo.evaluation.files import Out
from locomo.files import pretty_json, write_jsonl, write_text
from locomo.reporting.task_metrics import task_file

TASKS = ("events",)


def task_files(card: Mapping[str, Any], events: ScoredEvents) -> dict[str, dict[str, Any]]:
    """Return {task: contents of its file in metrics/}."""
    calls = [(row.configuration, row.usage) for row in events.rows]
    return {"events": task_file(card, "events", events.scores, calls)}


def write_tasks(files: Mapping[str, Mapping[str, Any]], events: ScoredEvents, out: Out) -> None:
    """Write the files of `task_files`, and a row for each score and each fact."""
    for task, contents in files.items():
        write_text(out(f"metrics/{task}.json"), pretty_json(contents))
    write_jsonl(out("data/scores") / "events.jsonl", (score.model_dump() for score in events.scores))
    write_jsonl(out("data/scores") / "event_facts.jsonl", (fact.model_dump() for fact in events.facts))
