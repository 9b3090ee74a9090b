"""dvc.yaml declares all that a stage reads, and what DVC shows of a run is not empty."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import vl_convert
import yaml
from import_closure import ROOT, needed

DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = DVC["stages"]
READ_BESIDE = {  # files that a module reads and does not import
    "locomo/dataset/errata/read.py": ["locomo/dataset/errata/locomo10.yaml"],
    "locomo/llm/prices.py": ["locomo/llm/prices.yaml"],
    "locomo/tasks/judging.py": ["locomo/prompts/judge.yaml"],
    "locomo/tasks/reranking.py": ["locomo/prompts/rerank.yaml"],
    "locomo/tasks/protocol.py": ["locomo/prompts/paper.yaml"],
    "locomo/captioning/vision.py": ["locomo/prompts/caption.yaml"],
    "locomo/generation/agents.py": ["locomo/prompts/generate.yaml"],
    "locomo/generation/reading.py": ["locomo/generation/reading.html"],
    "locomo/tasks/baselines.py": ["locomo/prompts/baselines.yaml"],
    "locomo/retrieval/learned.py": ["locomo/retrieval/learned.yaml"],
    "locomo/reporting/paper.py": ["locomo/reporting/paper.yaml"],
    "locomo/reporting/report.py": sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("locomo/reporting/*.html")),
}


@pytest.mark.parametrize("stage", STAGES)
def test_every_file_that_a_stage_uses_is_declared(stage: str) -> None:
    code = needed(ROOT / "stages" / f"{stage}.py")
    beside = {file for module, files in READ_BESIDE.items() if module in code for file in files}
    declared = [dep for dep in STAGES[stage]["deps"] if not dep.startswith(("data/", "${"))]
    assert sorted(declared) == sorted(code | beside)


@pytest.mark.parametrize("stage", STAGES)
def test_no_shell_stays_between_dvc_and_a_stage(stage: str) -> None:
    """Some shells wait for their last command, and it would not end with DVC then."""
    assert STAGES[stage]["cmd"] == f"exec python stages/{stage}.py"


def test_the_closure_of_imports_sees_through_packages() -> None:
    assert "locomo/scoring/f1.py" in needed(ROOT / "stages" / "score.py")
    assert not any("scoring" in path for path in needed(ROOT / "stages" / "qa.py"))


@pytest.mark.parametrize("stage", STAGES)
def test_declared_params_are_knobs(stage: str) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    assert set(STAGES[stage]["params"]) <= set(params)


def test_the_stages_come_in_the_order_of_the_pipeline() -> None:
    assert list(STAGES) == ["generate", "caption", "embed", "qa", "rag", "score"]


def numbers(value: Any, at: str = "") -> dict[str, float]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in numbers(inner, f"{at}.{key}").items()}
    return {at: value} if isinstance(value, int | float) else {}


@pytest.mark.parametrize("path", [next(iter(m)) for stage in STAGES.values() for m in stage.get("metrics", [])])
def test_metrics_are_numbers_that_dvc_shows(path: str, finished_run: Any) -> None:
    # DVC passes over lists, and over a file that is not JSON, without a word.
    text = finished_run.path(path).read_text(encoding="utf-8")
    assert "[" not in text
    shown = json.loads(finished_run.must("dvc", "metrics", "show", "--json", path))
    (in_file,) = shown[""]["data"].values()
    assert numbers(in_file["data"]) == numbers(json.loads(text))
    assert numbers(in_file["data"])


def test_no_two_metrics_share_a_name(finished_run: Any) -> None:
    paths = [next(iter(m)) for stage in STAGES.values() for m in stage.get("metrics", [])]
    names = [name for path in paths for name in numbers(json.loads(finished_run.path(path).read_text("utf-8")))]
    assert len(names) == len(set(names))  # `dvc metrics diff --no-path` would show one for the other


def bars(spec: dict[str, Any]) -> list[float]:
    """The widths of the bars in a Vega-Lite chart, as rendered."""
    svg = vl_convert.vegalite_to_svg(spec)
    rects = re.findall(r'aria-roledescription="bar"[^>]*d="M[-\d.,]+h([-\d.]+)v', svg)
    return [float(width) for width in rects if float(width) > 0]


def chart(project: Any, title: str) -> dict[str, Any]:
    shown = json.loads(project.must("dvc", "plots", "show", "--json"))
    (plot,) = shown["data"][title]
    content = plot["content"]
    return json.loads(content) if isinstance(content, str) else content


def points(spec: dict[str, Any]) -> int:
    """The points on the lines of a Vega-Lite chart, as rendered."""
    return vl_convert.vegalite_to_svg(spec).count('aria-roledescription="point"')


@pytest.mark.parametrize("number", range(len(DVC["plots"])))
def test_plots_are_not_empty(number: int, finished_run: Any) -> None:
    ((title, definition),) = DVC["plots"][number].items()
    ((file, field),) = definition["x"].items()
    rows = json.loads(finished_run.path(file).read_text(encoding="utf-8"))
    positive = [row for row in rows if row[field] > 0]
    assert positive
    spec = chart(finished_run, title)
    if definition["template"] == "bar_horizontal":
        assert len(bars(spec)) == len(positive)
    else:
        assert points(spec) == len(rows) == len(positive)


def test_an_empty_plot_would_be_noticed(project: Any) -> None:
    project.edit("dvc.yaml", "x: {metrics/plots/f1.json: f1}", "x: {metrics/plots/f1.json: bar}")
    project.edit("dvc.yaml", "y: {metrics/plots/f1.json: bar}", "y: {metrics/plots/f1.json: f1}")
    assert bars(chart(project, "F1 by category")) == []


def test_plots_are_written_as_a_page(finished_run: Any, tmp_path: Path) -> None:
    finished_run.must("dvc", "plots", "show", "-o", str(tmp_path))
    assert "F1 by category" in (tmp_path / "index.html").read_text(encoding="utf-8")
