"""`repeats` and `baselines` of params.yaml in a whole run."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import stdev

from conftest import Project


def rows(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_questions_asked_three_times_keep_the_first_answers_and_are_told_apart(project: Project) -> None:
    asked = project.root.parent / "asked"
    project.environment["LOCOMO_MOCK_LOG"] = str(asked)
    once = rows(project.path("data/predictions/qa.jsonl"))
    assert project.reproduce("repeats=3", "baselines=[]", "rag.units=[dialog]") == ["qa", "rag", "score"]
    assert len(rows(asked)) == 2 * 2 * 131  # the second and the third time

    thrice = rows(project.path("data/predictions/qa.jsonl"))
    assert thrice[::3] == once  # byte for byte
    assert [json.loads(row)["repeat"] for row in thrice[1::3]] == [1] * 131
    assert [json.loads(row)["repeat"] for row in thrice[2::3]] == [2] * 131
    assert rows(project.path("data/predictions/baselines.jsonl")) == []

    f1 = json.loads(project.path("metrics/f1.json").read_text("utf-8"))["f1_stemmed_multiset"]
    assert list(f1) == ["qa", "rag_dialog_k5", "always_refuse"]
    scores = [json.loads(row) for row in rows(project.path("data/scores/scores.jsonl"))]
    runs = [[s["f1"] for s in scores if s["configuration"] == name] for name in ("qa", "qa#2", "qa#3")]
    means = [sum(run) / 131 for run in runs]
    assert f1["qa"]["overall"] == round(sum(means) / 3, 4)
    intervals = json.loads(project.path("metrics/intervals.json").read_text("utf-8"))
    assert intervals["intervals"]["f1_stemmed_multiset"]["qa"]["overall"]["n"] == 131
    spread = intervals["repeats"]["f1_stemmed_multiset"]["qa"]
    assert spread["repeats"] == 3
    assert spread["run_sd"] == round(stdev(means), 6)
    assert spread["answer_sd"] > spread["run_sd"] > 0
    usage = json.loads(project.path("metrics/usage.json").read_text("utf-8"))["usage"]
    assert [name for name in usage if name.startswith("qa")] == ["qa", "qa#2", "qa#3"]

    table = project.must("locomo", "results")
    assert table.count("\n qa ") == 1
    assert "qa#2" not in table
    report = project.path("reports/report.html").read_text(encoding="utf-8")
    assert "qa#3" in report
    found = json.loads(project.must("locomo", "compare", "--json"))
    assert (found["basis"], found["verdicts"]) == ("questions", {"qa": "noise", "rag_dialog_k5": "noise"})


def test_baselines_stand_in_metrics_and_report(finished_run: Project) -> None:
    f1 = json.loads(finished_run.path("metrics/f1.json").read_text("utf-8"))["f1_stemmed_multiset"]
    assert {"qa", "no_memory", "gold_evidence", "always_refuse"} <= set(f1)
    assert f1["always_refuse"]["adversarial"] == 1.0
    recall = json.loads(finished_run.path("metrics/recall.json").read_text("utf-8"))["recall_evidence"]
    assert recall["gold_evidence"]["overall"] == 1.0
    assert "no_memory" not in recall
    report = finished_run.path("reports/report.html").read_text(encoding="utf-8")
    assert all(name in report for name in ("no_memory", "gold_evidence", "always_refuse"))


def test_a_baseline_that_is_not_there_is_named(project: Project) -> None:
    project.edit("params.yaml", "[no_memory, gold_evidence]", "[no_memroy]")
    code, output = project.run("locomo", "plan")
    assert code == 2
    assert output == "error: params.yaml: baselines: found 'no_memroy', expected 'no_memory' or 'gold_evidence'\n"
