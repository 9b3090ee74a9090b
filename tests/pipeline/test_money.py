"""What a run is planned to cost, may cost and has cost, in whole projects."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from conftest import PARAMS, QA, Project

from locomo.pipeline import params, plan

PRICED = "models:\n  mock/words: {input: 100, output: 1000}\n"
"""US dollars per million tokens, so that the questions of the sample cost some dollars."""


def priced(project: Project, budget: float | None) -> None:
    project.path("prices.yaml").write_text(PRICED)
    project.edit("params.yaml", "budget_usd: null", f"budget_usd: {json.dumps(budget)}")


def forget_answers(project: Project) -> None:
    """So that what is answered has to be asked again."""
    project.environment["LOCOMO_CACHE_DIR"] = str(project.root.parent / "empty")
    project.environment["LOCOMO_MOCK_LOG"] = str(project.root.parent / "asked")


def asked(project: Project) -> list[str]:
    log = Path(project.environment["LOCOMO_MOCK_LOG"])
    return log.read_text().splitlines() if log.exists() else []


def spent(project: Project) -> float:
    return sum(json.loads(line)["usd"] for line in project.path("logs/calls.jsonl").read_text().splitlines())


def test_a_budget_stops_the_run_over_all_stages_and_the_next_run_goes_on(project: Project) -> None:
    forget_answers(project)
    project.environment["LOCOMO_RERUN"] = "1"
    shutil.rmtree(project.path(".dvc/cache"))
    for stage in ("qa", "rag"):
        project.path(f"data/predictions/{stage}.jsonl").unlink()
    priced(project, None)
    whole = [row.usd for row in plans(project)]
    assert all(whole)
    low = sum(usd[0] for usd in whole if usd)
    budget = round(0.95 * low, 2)  # enough for qa, not for all of rag
    project.edit("params.yaml", "budget_usd: null", f"budget_usd: {budget}")

    code, output = project.run("dvc", "repro", "--force")
    assert code != 0
    said = re.search(
        r"error: the next call can cost \$\S+, and of llm.budget_usd = \$(\S+) \$(\S+) are spent; (\d+) of 262 "
        "questions are not answered yet. All answers are kept: run again with more",
        output,
    )
    assert said, output
    assert float(said[1]) == budget
    assert 0.9 * budget < spent(project) <= budget
    assert len(asked(project)) == QA + 262 - int(said[3])
    assert not project.path("data/predictions/rag.jsonl").exists()

    project.must("dvc", "repro")
    assert len(asked(project)) == len(set(asked(project))) == QA + 262
    usage = json.loads(project.path("metrics/usage.json").read_text())["usage"]
    assert sum(configuration["cost_usd"] for configuration in usage.values()) == pytest.approx(spent(project))


def test_costs_stand_in_rows_and_metrics_and_what_was_spent_in_the_logs(project: Project) -> None:
    priced(project, 1000)
    project.must("dvc", "repro", "resolve")  # the price is part of what the name stands for
    project.must("dvc", "repro", "--force", "--single-item", "qa")
    usage = json.loads(project.path("logs/qa.usage.json").read_text())
    assert (usage["requests"], usage["from_cache"], usage["hit_rate"], usage["usd"]) == (QA, QA, 1.0, 0)
    rows = [json.loads(line) for line in project.path("data/predictions/qa.jsonl").read_text().splitlines()]
    for row in rows:
        tokens = row["usage"]
        assert tokens["cost_usd"] == (tokens["input_tokens"] * 100 + tokens["output_tokens"] * 1000) / 1e6


def test_without_a_price_a_budget_is_refused(project: Project) -> None:
    project.edit("params.yaml", "model: mock/words", "model: openai/served-here")
    project.edit("params.yaml", "budget_usd: null", "budget_usd: 5")
    code, output = project.run("python", "stages/qa.py", OPENAI_API_KEY="x", OPENAI_BASE_URL="http://127.0.0.1:1/v1")
    assert code == 2
    assert "no price is known for openai/served-here, so the budget cannot be enforced" in output


def plans(project: Project, *overrides: str) -> list[plan.StagePlan]:
    """`locomo plan --json`."""
    rows = json.loads(project.must("locomo", "plan", "--json", *(part for o in overrides for part in ("-S", o))))
    return [plan.StagePlan(**{k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}) for row in rows]


def test_a_plan_says_what_is_then_asked(project: Project) -> None:
    project.environment["LOCOMO_MOCK_LOG"] = str(project.root.parent / "asked")
    assert [(row.stage, row.requests, row.cached) for row in plans(project)] == [("qa", QA, QA), ("rag", 262, 262)]

    overrides = ("rag.k=[5,7]", "answer.max_tokens=33", "llm.rpm=100")
    qa, rag = plans(project, *overrides)
    assert (qa.requests, qa.cached, rag.requests, rag.cached) == (QA, 0, 524, 0)
    assert (qa.usd, qa.minutes, rag.minutes) == ((0.0, 0.0), QA / 100, 5.24)
    assert asked(project) == []

    project.reproduce(*overrides[:2])
    assert len(asked(project)) == qa.new + rag.new
    tokens = json.loads(project.path("metrics/usage.json").read_text())["usage"]
    own = sum(values["input_tokens"] for name, values in tokens.items() if not name.startswith("rag"))
    assert qa.input_tokens[0] <= own <= qa.input_tokens[1]
    answered = [values for name, values in tokens.items() if name.startswith("rag")]
    assert rag.input_tokens[0] <= sum(values["input_tokens"] for values in answered) <= rag.input_tokens[1]
    assert rag.output_tokens[0] <= sum(values["output_tokens"] for values in answered) <= rag.output_tokens[1]


def test_where_nothing_is_retrieved_yet_a_plan_estimates_and_says_so(project: Project) -> None:
    before = plans(project)[1]
    for file in project.path("data/index").rglob("dialog.json"):
        file.unlink()
    rag = plans(project)[1]
    assert (rag.cached, rag.requests) == (0, before.requests)
    assert "data/index is not of this dataset" in rag.note
    assert "data/index is not of this dataset" in project.must("locomo", "plan")


def test_a_mistake_in_an_override_is_named(project: Project) -> None:
    for override, said in [
        ("rag.kk=3", "params.yaml: rag.kk: no such parameter; did you mean 'k'?"),
        ("model", "-S model: expected name=value"),
        ("model.x=3", "-S model.x=3: model has no parameters inside"),
        ("dataset=sampel", "dataset 'sampel': no data/raw/sampel.json; expected one of"),
    ]:
        code, output = project.run("locomo", "plan", "-S", override)
        assert (code, said in output) == (2, True), output


def test_overrides_are_values_of_yaml() -> None:
    text = PARAMS.read_text(encoding="utf-8")
    values = params.parse_params(text, ["rag.k=[1,2]", "llm.budget_usd=2.5", "answer.context_window=null"])
    assert (values.rag.k, values.llm.budget_usd, values.answer.context_window) == ([1, 2], 2.5, None)
