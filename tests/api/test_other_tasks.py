"""`evaluate(tasks=...)`: events and dialogue beside questions or alone, saved and compared like any run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from empty_folder import empty_folder, shared_cache
from own_systems import LastTurns, speaker

from locomo import InputError, compare, evaluate
from locomo.evaluation.given_tasks import score_task

__all__ = ["empty_folder", "shared_cache"]  # fixtures

FEW = {"subset.conversations": ["sample-1"], "subset.first": 1}


def test_a_model_does_all_three_tasks_and_a_saved_folder_is_a_run(tmp_path: Path) -> None:
    results = evaluate("mock/words", tasks=["qa", "events", "dialogue"], judge="mock/words", params=FEW)
    assert results.metrics["qa"]["overall"]["n"] > 0
    assert set(results.tasks["events"]) == {"incremental"}
    assert set(results.tasks["events"]["incremental"]) == {"conversation", "session"}
    assert "fact_f1[mock/words]" in results.tasks["events"]["incremental"]["conversation"]
    assert set(results.tasks["dialogue"]) == {"base", "summary_k1"}
    assert len(results.dialogue.rows) == 2 * 2 * 6  # conditions, turns, sessions
    root = results.save(tmp_path / "saved")
    saved = json.loads((root / "metrics/events.json").read_text(encoding="utf-8"))
    assert saved["events"] == results.tasks["events"]
    assert "Event summaries" in (root / "reports/report.html").read_text(encoding="utf-8")
    (root / "one.json").write_text(json.dumps([_sample(root)]), encoding="utf-8")
    again = score_task(root / "data/predictions/dialogue.jsonl", root / "one.json", "dialogue")
    assert again["dialogue"] == results.tasks["dialogue"]
    found = compare(results, str(root))
    assert {task.task for task in found.tasks} == {"events", "dialogue"}
    assert {line.delta for task in found.tasks for line in task.lines} == {0.0}


def _sample(root: Path) -> Any:
    return json.loads(next((root / "data/captioned").glob("*.json")).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("system", "configurations"),
    [("bm25", ({"dialog_k3"}, {"base", "observation_k5"})), (LastTurns, ({"memory_k3"}, {"base", "memory_k3"}))],
    ids=["bm25", "LastTurns"],
)
def test_what_a_system_finds_is_shown(system: Any, configurations: tuple[set[str], set[str]]) -> None:
    results = evaluate(system, tasks=["events", "dialogue"], model="mock/words", k=3, params=FEW)
    assert (set(results.tasks["events"]), set(results.tasks["dialogue"])) == configurations
    assert results.predictions == []
    (row,) = results.events.rows
    assert row.error is None


def test_without_the_tasks_nothing_is_there() -> None:
    assert evaluate("mock/words", params=FEW).tasks == {}


@pytest.mark.parametrize(
    ("system", "tasks", "said"),
    [
        ("mock/words", ["event"], "found 'event', expected qa, events, dialogue; did you mean 'events'"),
        ("mock/words", "events", "expected a list of qa, events, dialogue"),
        (speaker, ["events"], "answers questions; events is asked of a model"),
    ],
)
def test_tasks_that_cannot_be_meant(system: Any, tasks: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        evaluate(system, tasks=tasks)
