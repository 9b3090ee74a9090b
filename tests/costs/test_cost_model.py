"""The cost study as a model: it gives the study's figures from stated inputs, and every dollar can be followed."""

from __future__ import annotations

import pytest
from conftest import ROOT

from locomo.costs import Inputs, estimate, fits, hours, one_time, read_inputs, report
from locomo.errors import InputError
from locomo.llm import Price, read_prices
from locomo.llm.prices import Prices

INPUTS = read_inputs()
PRICES = read_prices()
SAVINGS = tuple(INPUTS.savings)


def lines(plan: str, *savings: str, basis: str = "study", inputs: Inputs = INPUTS) -> dict[str, tuple[float, float]]:
    scenario = inputs.plan(plan).scenario
    found = estimate(inputs, PRICES, plan, scenario=scenario, basis=basis, savings=savings)
    return {line.component: line.usd for line in found.lines}


def changed(**updates: object) -> Inputs:
    return INPUTS.model_copy(update=updates)


@pytest.mark.parametrize(
    ("plan", "monthly", "optimised"),
    [
        ("basic", (295, 722), (200, 500)),
        ("standard", (802, 1417), (600, 1000)),
        ("advanced", (1974, 3445), (1500, 2500)),
    ],
)
def test_the_studys_inputs_give_the_studys_figures(plan: str, monthly: tuple, optimised: tuple) -> None:
    said = report(INPUTS, PRICES, plan)
    assert (said.study_monthly, said.study_optimised) == (monthly, optimised)
    assert monthly[0] <= said.study.usd[0] < said.study.usd[1] <= monthly[1]
    assert optimised[0] <= said.study_saved.usd[0] < said.study_saved.usd[1] <= optimised[1]


def test_what_is_paid_once_is_within_the_study() -> None:
    low, high = one_time(INPUTS, PRICES, "study").usd
    assert 0.65 <= low < high <= 1.60


def test_every_sum_is_quantities_times_prices() -> None:
    # By hand: tokens in millions times dollars a million.
    asked = (20.87629 + 16.813053) * 0.50 + (0.0395 + 0.43692) * 1.50  # gpt-3.5: qa of 16k, the grid
    asked += 39.378226 * 3 + 0.0395 * 15  # claude 3 sonnet, whole conversations
    asked += 16.813053 * 10 + 0.43692 * 30  # gpt-4-turbo, the grid
    basic = lines("basic")
    assert basic["LLM APIs"] == pytest.approx((asked, 2 * asked))
    assert basic["secrets"] == pytest.approx((3 * 0.40, 3 * 0.40))
    assert basic["snapshots"] == pytest.approx((50 * 0.05, 100 * 0.05))
    assert basic["embeddings"] == pytest.approx((0.31 * 0.10, 2 * 0.31 * 0.10))
    advanced = lines("advanced")
    v100 = (5.177027e6 * 0.03 + 853275) / 2000 + (39500 + 79440) / 80  # seconds of a model of 7 billion parameters
    a100 = (5.177027e6 * 0.03 + 853275) / 6000 + (39500 + 79440) / 130
    run = v100 * 13 / 7 / 3600 * 3.06 + a100 * 10 / 3600 * 3.673
    assert advanced["GPUs of local models"] == pytest.approx((20 * run, 30 * run))
    assert sum(low for low, _ in advanced.values()) == pytest.approx(report(INPUTS, PRICES, "advanced").study.usd[0])


@pytest.mark.parametrize("name", [name for name in INPUTS.prices if "infrequent" not in name and "archive" not in name])
def test_a_price_moves_what_it_is_a_price_of(name: str) -> None:
    price = INPUTS.price(name)
    dearer = changed(prices={**INPUTS.prices, name: price.model_copy(update={"usd": 2 * price.usd})})
    moved = {
        (plan, component)
        for plan in INPUTS.plans
        for component, usd in lines(plan, inputs=dearer).items()
        if usd != lines(plan)[component]
    }
    assert moved
    used = {(plan, each.name) for plan in INPUTS.plans for each in INPUTS.plan(plan).monthly if each.price == name}
    used |= {
        (plan, "GPUs of local models")
        for plan in INPUTS.plans
        if any(f"gpu_{each.gpu}" == name for each in INPUTS.plan(plan).local)
    }
    assert moved == used


TOUCHES = {
    "caching": {"LLM APIs", "GPUs of local models", "embeddings"},
    "spot": {"GPUs of local models"},
    "auto-stop": {"machine with a T4 to work on"},
    "lifecycle": {"object storage", "snapshots"},
    "batch": {"LLM APIs"},
    "prompt-caching": {"LLM APIs"},
    "model-choice": {"LLM APIs", "embeddings"},
}


@pytest.mark.parametrize("saving", SAVINGS)
@pytest.mark.parametrize("basis", ["study", "today"])
def test_a_saving_saves_where_it_should_and_nowhere_else(saving: str, basis: str) -> None:
    before, after = lines("standard", basis=basis), lines("standard", saving, basis=basis)
    touched = TOUCHES[saving] - ({"embeddings"} if basis == "today" and saving == "model-choice" else set())
    assert {component for component in before if after[component] != before[component]} == touched
    if (saving, basis) != ("model-choice", "study"):  # what is the smallest now may cost more than what was then
        assert all(after[component] <= before[component] for component in before)


def test_savings_together_are_not_counted_twice() -> None:
    for plan in INPUTS.plans:
        said = report(INPUTS, PRICES, plan)
        alone = sum(said.effects[saving][1][0] for saving in SAVINGS)
        assert 0 < said.today.usd[0] - said.today_saved.usd[0] < alone
    asked = lines("standard", basis="today")["LLM APIs"][0]
    assert lines("standard", "batch", basis="today")["LLM APIs"][0] == pytest.approx(asked / 2)
    both = lines("standard", "batch", "prompt-caching", basis="today")["LLM APIs"][0]
    assert asked / 10 < both < asked / 2


def test_more_runs_cost_more_of_what_runs_and_the_same_of_what_stands() -> None:
    def one(scenario: str) -> dict[str, float]:
        found = estimate(INPUTS, PRICES, "standard", scenario=scenario, basis="study")
        return {line.component: line.usd[1] for line in found.lines}

    academic, production = one("academic"), one("production")
    assert production["LLM APIs"] == pytest.approx(15 * academic["LLM APIs"])
    assert production["block storage"] == academic["block storage"]


def test_models_in_four_bits_fit_the_gpus_that_they_fit() -> None:
    assert [fits(INPUTS, "t4", size) for size in (7, 13, 34, 70)] == [True, True, False, False]
    assert [fits(INPUTS, "a10g", size) for size in (7, 13, 34, 70)] == [True, True, True, False]
    assert fits(INPUTS, "a100", 70)
    took = [hours(INPUTS, INPUTS.work("qa_4k"), gpu, 13) for gpu in ("t4", "a10g", "v100", "a100")]
    assert took == sorted(took, reverse=True)
    with pytest.raises(InputError, match="a model of 70 billion parameters in 4 bits does not fit a GPU of kind t4"):
        hours(INPUTS, INPUTS.work("qa_4k"), "t4", 70)


def test_a_model_without_a_price_is_named() -> None:
    none = Prices(models={"openai/gpt-3.5-turbo-0125": Price(input=1, output=1)})
    with pytest.raises(InputError, match="no price is known for anthropic/claude-3-sonnet-20240229: add it"):
        report(INPUTS, none, "basic")


# Where the inputs are from


def test_the_measured_work_is_that_of_the_benchmarks() -> None:
    text = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
    measured = [work for work in INPUTS.works.values() if work.basis == "measured"]
    assert len(measured) == 2
    for work in measured:
        assert f"| {work.requests:,} | {work.input_tokens:,} | {work.output_tokens:,} |" in text


def test_the_counted_work_is_that_of_the_pipelines_own_prompts(locomo10, tmp_path, monkeypatch) -> None:
    from locomo.llm import open_cache
    from locomo.pipeline.params import parse_params
    from locomo.pipeline.plan import plan

    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/locomo10.json").write_bytes(locomo10.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("locomo.llm.providers.vocabulary.count_tokens", lambda text, model: None)
    overrides = ["dataset=locomo10", "model=openai/gpt-4o-mini", "answer.context_window=4096", "baselines=[]"]
    params = parse_params((ROOT / "params.yaml").read_text(encoding="utf-8"), overrides)
    cache = open_cache(str(tmp_path / "requests"))
    qa, rag = plan(params, cache)
    cache.close()
    for planned, name in ((qa, "qa_4k"), (rag, "rag_k5")):
        assert INPUTS.work(name).requests == planned.requests
        assert INPUTS.work(name).input_tokens == pytest.approx(planned.input_tokens[0], rel=0.005)


def test_every_price_has_its_date_and_its_source() -> None:
    for name, price in INPUTS.prices.items():
        assert "." in price.source, name
        assert price.as_of < "2026-01", f"{name}: docs/costs.md says that none was looked up since 2025"
