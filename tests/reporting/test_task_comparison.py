"""Two runs of the tasks `events` and `dialogue`: verdicts from rows, from sums in git, or means alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError
from locomo.files import pretty_json, write_jsonl
from locomo.reporting.comparison import compare, open_run
from locomo.reporting.comparison.markdown import to_markdown
from locomo.reporting.comparison.page import to_html
from locomo.reporting.task_metrics import task_file
from locomo.reporting.task_sums import task_sums_file
from locomo.schema.task_score import TaskScore
from locomo.scoring.comparison import compare_clusters
from locomo.scoring.statistics import Clusters

F1, WRONG = "event_f1[minilm]", "event_wrong_speaker"
SAMPLES = [f"conv-{number}" for number in range(10)]


def lists(shift: float, seed: int = 0, configuration: str = "whole") -> list[TaskScore]:
    rng = np.random.default_rng(seed)
    return [
        TaskScore(
            sample_id=sample,
            configuration=configuration,
            part="conversation",
            place=speaker,
            values={
                "rouge_1": 0.3 + float(rng.uniform(-0.2, 0.2)),
                F1: 0.3 + shift + float(rng.uniform(-0.05, 0.05)),
                WRONG: 0.5 - shift + float(rng.uniform(-0.05, 0.05)),
            },
        )
        for sample in SAMPLES
        for speaker in ("Ruth", "Ivo")
    ]


def turns(shift: float, condition: str = "base") -> list[TaskScore]:
    return [
        TaskScore(
            sample_id=sample,
            configuration=condition,
            part="turns",
            place=f"D1:{place}",
            values={"rouge_l": 0.1 + shift + place / 100} | ({"photo_recall": 1.0} if place % 2 else {}),
        )
        for sample in SAMPLES
        for place in range(2, 6)
    ]


def folder(
    root: Path, *, events: list[TaskScore], dialogue: list[TaskScore], rows: bool = True, sums: bool = True
) -> str:
    """A run as the pipeline leaves it: rows of scores, or what git has of it."""
    (root / "metrics").mkdir(parents=True)
    scored = {"events": events, "dialogue": dialogue}
    f1 = {"qa": {"overall": 0.5, "single_hop": 0.5}}
    files = {"f1.json": {"model": "m", "f1_stemmed_multiset": f1}}
    files |= {f"{task}.json": task_file({}, task, scores) for task, scores in scored.items()}
    if sums:
        by_sample = {"single_hop": {"sums": [1.0] * 10, "questions": [2] * 10}}
        own = {"conversations": SAMPLES, "sums": {"f1_stemmed_multiset": {"qa": by_sample}}}
        files["conversations.json"] = own | task_sums_file(scored)
    for name, contents in files.items():
        (root / "metrics" / name).write_text(pretty_json(contents), encoding="utf-8")
    for task, scores in scored.items() if rows else ():
        write_jsonl(root / f"data/scores/{task}.jsonl", (score.model_dump() for score in scores))
    return str(root)


def test_a_metric_has_the_verdict_and_interval_of_the_statistics_of_questions(tmp_path: Path) -> None:
    old, new = lists(0.0), lists(0.2, seed=1)
    before = folder(tmp_path / "a", events=old, dialogue=turns(0.0))
    after = folder(tmp_path / "b", events=new, dialogue=turns(0.1))
    found = compare(open_run(before), open_run(after))
    events, dialogue = found.tasks
    assert (events.title, events.primary, events.basis) == ("Event summaries", F1, "questions")
    assert [line.category for line in events.lines] == [F1, "rouge_1", WRONG]
    by_metric = {line.category: line for line in events.lines}
    assert [by_metric[name].verdict for name in (F1, "rouge_1", WRONG)] == ["better", "noise", "better"]
    clusters = [Clusters.of((score.sample_id, score.values[F1]) for score in side) for side in (old, new)]
    (overall,) = compare_clusters({"overall": (clusters[0], clusters[1])}, metric="f1", configuration="whole")
    line = by_metric[F1]
    assert (line.delta, line.low, line.high, line.p) == (overall.delta, overall.low, overall.high, overall.p)
    assert (line.n, line.conversations) == (20, 10)
    assert {(line.category, line.n) for line in dialogue.lines} == {("rouge_l", 40), ("photo_recall", 20)}


def test_git_alone_gives_the_same_verdicts_and_means_alone_give_none(tmp_path: Path) -> None:
    sides = ({"events": lists(0.0), "dialogue": []}, {"events": lists(0.2, seed=1), "dialogue": []})
    by_rows, by_sums, by_means = (
        compare(*(open_run(folder(tmp_path / name / str(i), **side, **how)) for i, side in enumerate(sides))).tasks[0]
        for name, how in (("rows", {}), ("sums", {"rows": False}), ("means", {"rows": False, "sums": False}))
    )
    assert by_sums.basis == "conversations"
    for one, other in zip(by_rows.lines, by_sums.lines, strict=True):
        assert (one.category, one.verdict, one.n) == (other.category, other.verdict, other.n)
        assert [other.delta, other.low, other.p] == pytest.approx([one.delta, one.low, one.p], abs=1e-5)
    assert by_means.basis == "means"
    assert {line.verdict for line in by_means.lines} == {"unknown"}
    assert by_means.lines[0].delta == pytest.approx(by_rows.lines[0].delta, abs=1e-4)


def test_places_that_one_run_lacks_are_left_out_and_named(tmp_path: Path) -> None:
    before = folder(tmp_path / "a", events=[], dialogue=turns(0.0))
    after = folder(tmp_path / "b", events=[], dialogue=turns(0.1)[4:])
    (found,) = compare(open_run(before), open_run(after)).tasks
    assert found.notes == ["base: 36 places are in both runs (40 before, 36 after), the rest is left out."]
    assert found.lines[0].n == 36


def test_two_conditions_of_one_run_are_compared_by_name(tmp_path: Path) -> None:
    run = open_run(folder(tmp_path / "a", events=[], dialogue=[*turns(0.0), *turns(0.1, "summary_k1")]))
    found = compare(run, run, configurations=["base=summary_k1"])
    assert found.lines == []
    assert found.tasks[0].lines[0].delta == pytest.approx(0.1)
    assert found.tasks[0].lines[0].configuration == "base → summary_k1"
    assert "| n | first | second |" in to_markdown(found)
    with pytest.raises(InputError, match="did you mean 'summary_k1'"):
        compare(run, run, configurations=["base=sumary_k1"])
    with pytest.raises(InputError, match="two configurations of the same task"):
        compare(run, run, configurations=["base=qa"])


def test_every_way_of_showing_it_shows_the_tasks(tmp_path: Path) -> None:
    before = folder(tmp_path / "a", events=lists(0.0), dialogue=turns(0.0))
    after = folder(tmp_path / "b", events=lists(0.2, seed=1), dialogue=turns(0.1))
    said = {
        name: CliRunner().invoke(app, ["compare", before, after, *([name] if name else [])])
        for name in ("", "--md", "--html", "--json")
    }
    assert {result.exit_code for result in said.values()} == {0}
    title = "Event summaries: means over each speaker of each conversation"
    for name in ("", "--md", "--html"):
        assert title in said[name].output
        assert "Dialogue: means over each turn" in said[name].output
        assert "▲ better" in said[name].output
        assert WRONG in said[name].output
    assert said["--html"].output.startswith("<!DOCTYPE html>")
    events, dialogue = json.loads(said["--json"].output)["tasks"]
    assert events["lines"][0]["verdict"] == dialogue["lines"][0]["verdict"] == "better"
    found = compare(open_run(before), open_run(after))
    assert to_html(found) == said["--html"].output
    alone = compare(open_run(before), open_run(folder(tmp_path / "c", events=[], dialogue=[])))
    assert alone.tasks == []
    assert "Event summaries" not in to_markdown(alone)
