"""`locomo results`: the last run's metrics as a table, and where its report is."""

from __future__ import annotations

import re
from pathlib import Path

from conftest import Project

LOCOMO = ("python", "-c", "from locomo.cli.main import main; main()")


def test_a_table_of_the_metrics_and_the_path_of_the_report(finished_run: Project) -> None:
    lines = finished_run.must(*LOCOMO, "results").splitlines()
    assert lines[0] == "dataset sample, model words, protocol paper"
    assert any(line.split()[:2] == ["131", "questions"] for line in lines)
    (qa,) = [line.split() for line in lines if line.startswith(" qa ")]
    assert len(qa) == 12  # name, five categories, overall with ±, recall, ROUGE-L, BERTScore, failed
    assert qa[7].startswith("±")
    assert qa[-2:] == ["–", "0"]  # no BERTScore was asked for, no call failed
    stages = "generate", "caption", "embed", "memory", "qa", "rag", "events", "dialogue", "score"
    each = r", ".join(rf"{stage} \d+ (s|min)" for stage in stages)
    assert re.fullmatch(rf"Stages of the last run: \d+ (s|min) \({each}\)", lines[-2])
    assert lines[-1] == f"Report: {finished_run.path('reports/report.html')}"
    assert Path(lines[-1].removeprefix("Report: ")).is_file()


def test_a_log_that_is_missing_or_broken_changes_nothing_else(project: Project) -> None:
    with_times = project.must(*LOCOMO, "results").splitlines()
    for content in (None, "{}", '{"stages": {"qa": null}}', "cut o"):
        if content is None:
            project.path("logs/run.json").unlink()
        else:
            project.path("logs/run.json").write_text(content, encoding="utf-8")
        assert project.must(*LOCOMO, "results").splitlines() == [*with_times[:-2], with_times[-1]]


def test_outside_of_a_project(finished_run: Project) -> None:
    code, output = Project(finished_run.root / "docs", {"PYTHONPATH": str(finished_run.root)}).run(*LOCOMO, "results")
    assert code == 2
    assert output == "error: metrics: no results there; run `dvc repro` in the project's folder first\n"
