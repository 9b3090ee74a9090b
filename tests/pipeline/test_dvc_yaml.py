"""dvc.yaml declares all that a stage reads, and what DVC shows of a run is not empty."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import vl_convert
import yaml
from conftest import PARAMS, ROOT

from locomo.pipeline.closure import BESIDE, Closure, own_imports
from locomo.pipeline.definition import COMPILED
from locomo.pipeline.params import NOT_ON_CARD, Memory, Params, flat, parse_params

SHIPPED = parse_params(PARAMS.read_text(encoding="utf-8"))
DVC = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))
STAGES = DVC["stages"]
CLOSURE = Closure(ROOT)
FILES = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("locomo/**/*.*") if path.parent.name != COMPILED}
ASKING = {stage: entry for stage, entry in STAGES.items() if stage != "resolve"}


@pytest.mark.parametrize("stage", ASKING)
def test_every_file_that_a_stage_uses_is_declared(stage: str) -> None:
    """File by file, but for packages of which it uses more than half: they are declared as folders."""
    needed = CLOSURE.needed(ROOT / "stages" / f"{stage}.py")
    declared = [dep for dep in STAGES[stage]["deps"] if not dep.startswith(("data/", "${"))]
    inside = {dep: {file for file in FILES if file.startswith(f"{dep}/")} for dep in declared}
    folders = {dep: files for dep, files in inside.items() if files}
    for folder, files in folders.items():
        assert len(needed & files) > len(files) / 2, folder
    assert declared == sorted({*folders, *needed.difference(*folders.values())})


def test_files_beside_modules_are_there() -> None:
    for module, files in BESIDE.items():
        assert (ROOT / module).is_file(), module
        assert all((ROOT / file).is_file() for file in files), module
    pages = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("locomo/reporting/*.html"))
    assert sorted(BESIDE["locomo/reporting/report.py"]) == pages


@pytest.mark.parametrize("stage", ASKING)
def test_every_stage_depends_on_what_its_names_stand_for(stage: str) -> None:
    ((file, names),) = next(item for item in STAGES[stage]["params"] if isinstance(item, dict)).items()
    assert file == "data/resolved.json"
    assert stage in names


@pytest.mark.parametrize("stage", STAGES)
def test_no_shell_stays_between_dvc_and_a_stage(stage: str) -> None:
    """Some shells wait for their last command, and it would not end with DVC then."""
    assert STAGES[stage]["cmd"] == f"exec python stages/{stage}.py"


def test_the_closure_of_imports_sees_through_packages() -> None:
    assert "locomo/scoring/f1.py" in CLOSURE.needed(ROOT / "stages" / "score.py")
    assert not any("scoring" in path for path in CLOSURE.needed(ROOT / "stages" / "qa.py"))
    for stage in ("rag", "events", "dialogue"):  # what is only used behind the package pipeline is not seen
        needed = CLOSURE.needed(ROOT / "stages" / f"{stage}.py")
        assert {"locomo/retrieval/hybrid.py", "locomo/retrieval/transformer.py"} <= needed


def test_imports_are_found_without_parsing_whole_modules() -> None:
    for path in (*ROOT.glob("locomo/**/*.py"), *ROOT.glob("stages/*.py")):
        text = path.read_text(encoding="utf-8")
        found = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom))
        ours = sorted(ast.unparse(node) for node in found if (node.module or "").split(".")[0] == "locomo")
        assert sorted(map(ast.unparse, own_imports(text))) == ours, path


@pytest.mark.parametrize(
    "text",
    [
        "from locomo.files import \\\n    read_text\n",
        "from locomo.files import (  # (see there)\n    read_text,\n)\n",
        "from locomo.files import read_text; x = 1\n",
    ],
)
def test_an_import_that_is_written_unusually_is_found_too(text: str) -> None:
    assert list(map(ast.unparse, own_imports(text))) == ["from locomo.files import read_text"]


@pytest.mark.parametrize("stage", ASKING)
def test_declared_params_are_parameters(stage: str) -> None:
    inside = set(flat(SHIPPED.model_dump(mode="json")))
    inside |= {f"memory.{name}" for name in Memory.model_fields}
    assert {name for name in STAGES[stage]["params"] if isinstance(name, str)} <= {*Params.model_fields, *inside}


def test_the_card_is_of_all_parameters_that_score_depends_on() -> None:
    """What is on the card changes the card's file, so that `score` has to run again for it."""
    sections = {name.partition(".")[0] for name in SHIPPED.on_card}
    assert sections <= set(filter(lambda name: isinstance(name, str), STAGES["score"]["params"]))


def test_every_parameter_is_on_the_card_or_has_a_reason() -> None:
    names = set(flat(SHIPPED.model_dump(mode="json")))
    missing = names - set(SHIPPED.on_card)
    assert all(any(name == other or name.startswith(f"{other}.") for name in missing) for other in NOT_ON_CARD)
    assert all(NOT_ON_CARD.values())


def test_defaults_are_those_of_the_params_file() -> None:
    """So that an older params.yaml, which lacks a parameter, runs as if it were there with what we ship."""
    needed = {name: getattr(SHIPPED, name) for name in ("dataset", "model", "protocol")}
    assert Params(**needed) == SHIPPED


def test_the_stages_come_in_the_order_of_the_pipeline() -> None:
    assert list(STAGES) == [
        "resolve",
        "generate",
        "caption",
        "embed",
        "memory",
        "qa",
        "rag",
        "events",
        "dialogue",
        "score",
    ]


def numbers(value: Any, at: str = "") -> dict[str, float]:
    if isinstance(value, dict):
        return {k: v for key, inner in value.items() for k, v in numbers(inner, f"{at}.{key}").items()}
    return {at: value} if isinstance(value, int | float) else {}


def has_list(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and any(map(has_list, value.values())))


@pytest.mark.parametrize("path", [next(iter(m)) for stage in STAGES.values() for m in stage.get("metrics", [])])
def test_metrics_are_numbers_that_dvc_shows(path: str, finished_run: Any) -> None:
    # DVC passes over lists, and over a file that is not JSON, without a word.
    text = finished_run.path(path).read_text(encoding="utf-8")
    assert not has_list(json.loads(text))
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
