"""The stage `dialogue` in a project: off as shipped, on by a parameter, counted before and after."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Project

OUT = "data/predictions/dialogue.jsonl"
ON = (
    "dialogue.conditions=[base, summary, observation, memory]",
    "memory.systems=[hybrid, last-sessions]",
    "judge.model=mock/words",
    "judge.persona=true",
)
LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_it_is_off_and_then_writes_nothing(finished_run: Project) -> None:
    assert finished_run.path(OUT).read_bytes() == b""
    found = json.loads(finished_run.path("metrics/dialogue.json").read_text(encoding="utf-8"))
    assert found["dialogue_scored"] == {"all": {"n": 0, "errors": 0}}


def test_turned_on_it_is_in_metrics_report_results_plan_and_validation(project: Project) -> None:
    flags = [word for setting in ON for word in ("-S", setting)]
    plan = json.loads(project.must(*LOCOMO, "plan", "--json", *flags))
    (planned,) = [row for row in plan if row["stage"] == "dialogue"]
    (persona,) = [row for row in plan if row["purpose"] == "persona"]
    assert project.reproduce(*ON) == ["memory", "rag", "events", "dialogue", "score"]
    written = rows(project.path(OUT))
    conditions = {"base", "summary_k1", "observation_k5", "hybrid_k10", "last-sessions_k10"}
    by_condition = {
        name: [(row["sample_id"], row["turn"]) for row in written if _name(row) == name] for name in conditions
    }
    places = by_condition["base"]
    assert len(written) == len(conditions) * len(places) == 5 * 42
    assert all(found == places for found in by_condition.values())
    # In a first session nothing is remembered, so that all conditions ask the same; what is found is not known before.
    assert len({row["request"] for row in written}) <= planned["requests"] <= len(written)
    found = json.loads(project.path("metrics/dialogue.json").read_text(encoding="utf-8"))
    assert set(found["dialogue"]) == conditions
    base = found["dialogue"]["base"]["turns"]
    assert {"bleu_1", "bleu_2", "bleu_1_characters", "rouge_l", "photo_recall", "photo_f1"} <= set(base)
    judged = rows(project.path("data/scores/dialogue_persona.jsonl"))
    assert 0 < persona["requests"] <= len(judged) < len(written)  # of a first session nothing is known before
    assert {row["verdict"] for row in judged} == {"consistent", "contradicts", "neither"}
    assert {"persona_consistent[mock/words]", "persona_no_verdict[mock/words]"} <= set(base)
    assert sum(usage["calls"] for usage in found["dialogue_judge_usage"].values()) == len(judged)
    asked = json.loads(project.path("logs/score.usage.json").read_text(encoding="utf-8"))
    assert asked["requests"] > len(judged)  # what the judge was asked of answers is logged too
    assert found["dialogue_scored"]["base"] == {"turns": {"n": 42, "errors": 0}}
    assert found["dialogue_usage"]["base"]["calls"] == 42
    page = project.path("reports/report.html").read_text(encoding="utf-8")
    assert "Dialogue: means over each turn" in page
    assert "Table 7" in page
    assert "Dialogue: means over each turn, in percent" in project.must(*LOCOMO, "results")
    project.must(*LOCOMO, "validate", OUT)
    project.path("mine.jsonl").write_text(
        "".join(
            json.dumps({name: row[name] for name in ("sample_id", "turn", "prediction", "photo")}) + "\n"
            for row in written
            if row["condition"] == "base"
        )
    )
    given = json.loads(
        project.must(*LOCOMO, "score", "mine.jsonl", "--data", "data/raw/sample.json", "--task", "dialogue", "--json")
    )
    unjudged = {name: value for name, value in base.items() if not name.startswith("persona_")}
    assert given["dialogue"]["given"]["turns"] == unjudged
    assert len(given["scores"]) == 42


def _name(row: dict[str, Any]) -> str:
    return row["condition"] if row["k"] is None else f"{row['condition']}_k{row['k']}"
