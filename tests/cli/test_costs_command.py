"""`locomo costs`: the plans as tables and JSON, with prices and tokens of one's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import ROOT
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*options: str) -> str:
    result = CliRunner().invoke(app, ["costs", *options])
    if result.exception:
        raise result.exception
    return result.output


def fenced(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@pytest.mark.parametrize("options", [(), ("--plan", "standard"), ("--services",)])
def test_the_tables_of_the_docs_are_what_it_prints(options: tuple[str, ...]) -> None:
    page = (ROOT / "docs/costs.md").read_text(encoding="utf-8")
    assert fenced(run(*options)) in page


def test_json_has_all_of_it() -> None:
    (standard,) = json.loads(run("--plan", "standard", "--json"))
    assert standard["study_monthly"] == [802, 1417]
    components = {line["component"]: line["usd"] for line in standard["study"]["lines"]}
    assert {"LLM APIs", "GPUs", "object storage", "disks and snapshots", "secrets", "CloudWatch"} < set(components)
    assert {line["source"] for line in standard["study"]["lines"]} == {"stated", "implied"}
    assert len(json.loads(run("--json"))) == 3
    named = json.loads(run("--services", "--json"))
    assert "container registry" in {line["component"] for line in named["services"]}
    assert "compression" in {each["name"] for each in named["left_out"]}


def test_all_questions_of_a_dataset_instead_of_the_studys() -> None:
    def asked(*options: str) -> list[float]:
        (basic,) = json.loads(run("--plan", "basic", "--json", *options))
        return {line["component"]: line["usd"] for line in basic["study"]["lines"]}["LLM APIs"]

    (low, high), all_of_them = asked(), asked("--questions", "1986")
    assert all_of_them[1] == pytest.approx(2 * all_of_them[0])
    generated = 3375 / 8870 * (4.6 * 0.5 + 0.3548 * 1.5)
    assert (all_of_them[0] - generated) / (low - generated) == pytest.approx(1986 / 300)
    assert high == asked("--questions", "500")[1]


def test_another_scenario_is_not_compared_with_the_study() -> None:
    said = run("--plan", "basic", "--scenario", "development")
    assert "two or three runs a week" in said
    line = next(line for line in said.splitlines() if line.strip().startswith("together"))
    assert line.split()[1] == "–"


def test_prices_of_ones_own(here: Path) -> None:
    (here / "mine.yaml").write_text("prices: {secrets: {usd: 7, per: secret-month, as_of: 2026-11, source: ours}}")
    (basic,) = json.loads(run("--plan", "basic", "--prices", "mine.yaml", "--json"))
    assert {line["component"]: line["usd"] for line in basic["study"]["lines"]}["secrets"] == [21.05, 21.05]
    (here / "mine.yaml").write_text("prices: {secrets: {usd: free, per: x, as_of: 2026-11, source: ours}}")
    with pytest.raises(InputError, match=r"mine\.yaml: prices → secrets → usd: found 'free'"):
        run("--prices", "mine.yaml")


def test_tokens_of_ones_own(here: Path) -> None:
    usage = {"qa": {"questions": 10, "input_tokens": 1_000_000, "output_tokens": 0}}
    usage |= {f"rag_dialog_k{k}": {"questions": 10, "input_tokens": 500_000, "output_tokens": 0} for k in (5, 10)}
    (here / "usage.json").write_text(json.dumps({"dataset": "mine", "usage": usage}))
    (basic,) = json.loads(run("--plan", "basic", "--usage", "usage.json", "--json"))
    asked = {line["component"]: line["usd"] for line in basic["study"]["lines"]}["LLM APIs"]
    generated = 3375 / 8870 * (4.6 * 0.5 + 0.3548 * 1.5)
    # gpt-3.5 is asked four times for qa and once for rag, gpt-4-turbo, Claude 3 Sonnet and Gemini 1.0 Pro once for qa.
    assert asked[0] == pytest.approx(5 * 0.5 + 10 + 3 + 0.5 + generated)
    (here / "usage.json").write_text("{}")
    with pytest.raises(InputError, match=r"usage\.json: usage: expected the numbers of qa and rag"):
        run("--usage", "usage.json")
    (here / "usage.json").write_text(json.dumps({"usage": {"qa": {}, "rag_dialog_k5": {}}}))
    with pytest.raises(InputError, match=r"usage\.json: usage: expected questions, input_tokens and output_tokens"):
        run("--usage", "usage.json")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--plan", "basik"), "plan 'basik': expected one of basic, standard, advanced; did you mean 'basic'?"),
        (("--scenario", "weekly"), "scenario 'weekly': expected one of academic, development, production"),
        (("--prices", "none.yaml"), "none.yaml: no such file"),
    ],
)
def test_a_mistake_is_one_line(options: tuple[str, ...], said: str) -> None:
    with pytest.raises(InputError) as caught:
        run(*options)
    assert str(caught.value) == said
