"""The files of the tasks beside question answering: scores, and what git tracks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from locomo.evaluation.dialogue_scores import ScoredDialogue
from locomo.evaluation.event_scores import ScoredEvents
from locomo.evaluation.files import Out
from locomo.files import pretty_json, write_jsonl, write_text
from locomo.reporting.metrics import DECIMALS
from locomo.reporting.task_metrics import call_usage, task_file
from locomo.scoring.dialogue.score import PHOTO_F1, PHOTO_PRECISION, PHOTO_RECALL, TURNS, photo_f1


def events_file(card: Mapping[str, Any], events: ScoredEvents) -> dict[str, Any]:
    """Return the contents of metrics/events.json."""
    return task_file(card, "events", events.scores, [(row.configuration, row.usage) for row in events.rows])


def dialogue_file(card: Mapping[str, Any], dialogue: ScoredDialogue) -> dict[str, Any]:
    """Return the contents of metrics/dialogue.json, with F1 of the precision and recall of photos."""
    calls = [(row.configuration, row.usage) for row in dialogue.rows]
    contents = task_file(card, "dialogue", dialogue.scores, calls)
    for parts in contents.get("dialogue", {}).values():
        means = parts[TURNS]
        if (value := photo_f1(means.get(PHOTO_PRECISION), means.get(PHOTO_RECALL))) is not None:
            means[PHOTO_F1] = round(value, DECIMALS)
    if dialogue.persona:
        judged = [(each.configuration, each.usage) for each in dialogue.persona]
        contents["dialogue_judge_usage"] = call_usage(judged)
    return contents


def task_files(card: Mapping[str, Any], events: ScoredEvents, dialogue: ScoredDialogue) -> dict[str, dict[str, Any]]:
    """Return {task: contents of its file in metrics/}."""
    return {"events": events_file(card, events), "dialogue": dialogue_file(card, dialogue)}


def write_tasks(
    files: Mapping[str, Mapping[str, Any]], events: ScoredEvents, dialogue: ScoredDialogue, out: Out
) -> None:
    """Write the files of `task_files`, and a row for each score and each thing that a judge has said."""
    for task, contents in files.items():
        write_text(out(f"metrics/{task}.json"), pretty_json(contents))
    scores = out("data/scores")
    write_jsonl(scores / "events.jsonl", (score.model_dump() for score in events.scores))
    write_jsonl(scores / "event_facts.jsonl", (fact.model_dump() for fact in events.facts))
    write_jsonl(scores / "dialogue.jsonl", (score.model_dump() for score in dialogue.scores))
    write_jsonl(scores / "dialogue_persona.jsonl", (each.model_dump() for each in dialogue.persona))
