"""The cost study as a model: it gives the study's figures from stated inputs, and every dollar can be followed."""

from __future__ import annotations

import pytest
from conftest import PARAMS, ROOT

from locomo.costs import Estimate, Inputs, by_service, estimate, fits, hours, one_time, read_inputs, report, services
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


FAR = 2.0
"""A figure of ours that is more than so many times the study's, or less than its inverse, says why."""


@pytest.mark.parametrize(
    ("plan", "monthly", "optimised", "ratio"),
    [
        ("basic", (295, 722), (200, 500), (0.90, 1.00)),
        ("standard", (802, 1417), (600, 1000), (0.92, 1.03)),
        ("advanced", (1974, 3445), (1500, 2500), (1.03, 1.07)),
    ],
)
def test_the_studys_quantities_give_about_the_studys_figures(plan, monthly, optimised, ratio) -> None:
    said = report(INPUTS, PRICES, plan)
    assert (said.study_monthly, said.study_optimised) == (monthly, optimised)
    assert said.ratio == pytest.approx(ratio, abs=0.005)
    assert all(0.45 < part < 0.75 for part in said.study.apis), "the study: 50 to 70% are APIs"
    low, high = said.study_saved.usd
    assert 0.8 * optimised[0] < low < high < 1.01 * optimised[1]


def test_the_study_adds_up_but_for_one_sum() -> None:
    sums = {}
    for plan in INPUTS.plans:
        found = report(INPUTS, PRICES, plan).study.lines
        assert all(line.study is not None for line in found), "no item that the study does not have"
        sums[plan] = tuple(sum(line.study[end] for line in found) for end in (0, 1))
    # Its standard plan says 1,417 where its own items make 1,467: docs/costs.md says so.
    assert sums == {"basic": (294, 722), "standard": (802, 1467), "advanced": (1974, 3445)}


def test_what_is_paid_once_is_less_than_the_study_says() -> None:
    once = one_time(INPUTS)
    assert {line.component: line.study for line in once.lines} == {
        "embeddings": (0.10, 0.50),
        "captions": (0.05, 0.10),
        "downloads of models": (0.54, 0.54),
    }
    hours_of_t4 = (10 + 1) / 60, (20 + 2) / 60
    assert once.usd == pytest.approx([each * 0.526 for each in hours_of_t4], rel=0.005)


def test_every_sum_is_quantities_times_prices() -> None:
    # By hand: tokens of a request in thousands, times 300 requests, times dollars a million.
    gpt_35 = sum(tokens / 1975 for tokens in (5177027, 10571942, 15962525, 20876290)) + 4 * 6973366 / 7944
    written = (4 * 39500 / 1975 + 4 * 158880 / 7944) * 300 + 354800 / 8870 * 3375
    asked = (gpt_35 * 300 + 4600000 / 8870 * 3375) * 0.50 + written * 1.50
    whole, answer = 39378226 / 1975 * 300, 20 * 300
    asked += whole * 10 + answer * 30  # gpt-4-turbo
    asked += 100_000 * 300 * 3 + answer * 15  # claude 3 sonnet
    asked += whole * 0.50 + answer * 1.50  # gemini 1.0 pro
    basic = lines("basic")
    assert basic["LLM APIs"][0] == pytest.approx(asked / 1e6, rel=1e-3)
    assert lines("standard")["LLM APIs"][0] == pytest.approx(0.3 * 8.7 * asked / 1e6, rel=1e-3)
    assert basic["secrets"] == pytest.approx((3 * 0.40 + 0.05, 3 * 0.40 + 0.05))
    assert basic["disks and snapshots"] == pytest.approx((28, 28))
    assert basic["CloudWatch"] == pytest.approx((5.65, 5.65))
    advanced = lines("advanced")
    assert advanced["GPUs"] == pytest.approx((367.3, 367.3))
    assert sum(low for low, _ in advanced.values()) == pytest.approx(report(INPUTS, PRICES, "advanced").study.usd[0])


def test_plans_begin_from_the_quantities_that_the_study_states() -> None:
    def quantity(plan: str, component: str, price: str) -> tuple[float, float]:
        (found,) = [each for each in INPUTS.plan(plan).components if each.name == component]
        (part,) = [each for each in found.parts if each.price == price]
        assert part.source == "stated"
        return part.quantity

    assert quantity("basic", "GPUs", "gpu_v100") == (5, 10)
    assert quantity("standard", "GPUs", "gpu_v100") == (20, 40)
    assert quantity("advanced", "GPUs", "gpu_a100") == (100, 100)
    for plan, gigabytes in (("basic", 100), ("standard", 200), ("advanced", 500)):
        assert quantity(plan, "disks and snapshots", "block_storage") == (gigabytes, gigabytes)
        assert quantity(plan, "disks and snapshots", "snapshots") == (4 * gigabytes, 4 * gigabytes)
    assert quantity("basic", "CloudWatch", "metrics") == (10, 10)
    assert {answers.calls for answers in INPUTS.evaluation} == {(300, 500), (3375, 3375)}
    assert 10 * 15 * 15 * 1.5 == 3375


UNIT_PRICES = {"machine": (0.15, 0.20), "gateway_calls": (3.5, 3.5)}
"""The study's own where they are not today's."""


def test_what_is_implied_are_the_studys_dollars_over_its_unit_price() -> None:
    components = [each for plan in INPUTS.plans.values() for each in plan.components] + list(INPUTS.services)
    tested = 0
    for component in components:
        if component.name == "copy in another region":  # a second time what is stored, whose quantity is implied
            continue
        if all(part.source == "implied" for part in component.parts):
            low, high = component.study
            cheap, dear = (
                sum(
                    part.quantity[end] * UNIT_PRICES.get(part.price, (INPUTS.price(part.price).usd,) * 2)[end]
                    for part in component.parts
                )
                for end in (0, 1)
            )
            assert (cheap, dear) == pytest.approx((low, high), rel=0.02, abs=0.05), component.name
            tested += 1
    assert tested == 10


def test_what_is_far_from_the_study_says_why() -> None:
    def far(found: Estimate, reasons: dict[str, str]) -> set[str]:
        names = {line.component for line in found.lines if any(r and not 1 / FAR <= r <= FAR for r in line.ratio)}
        assert all(reasons[name] for name in names), names
        return names

    asked = {service: said.why for service, said in INPUTS.services_said.items()}
    assert far(by_service(INPUTS, PRICES), asked) == {"OpenAI", "Anthropic", "Google"}
    assert far(one_time(INPUTS), {each.name: each.why for each in INPUTS.one_time.components}) == {
        "embeddings",
        "captions",
    }
    assert far(services(INPUTS), {each.name: each.why for each in INPUTS.services}) == {"DynamoDB"}
    found = {
        plan: far(report(INPUTS, PRICES, plan).study, {each.name: each.why for each in known.components})
        for plan, known in INPUTS.plans.items()
    }
    assert found == {"basic": {"traffic"}, "standard": {"copy in another region"}, "advanced": set()}


@pytest.mark.parametrize(
    "named",
    [
        ("reserved", "compression", "lifecycle", "spot", "auto-stop", "caching", "batch", "shorter prompts"),
        ("traffic and CDN", "managed vector database", "vector database, own machine", "FAISS"),
        ("RDS, db.t3.micro, 20 GB", "Cloud SQL", "DynamoDB", "Firestore", "JSON files"),
        ("API gateway", "ELK on own machines", "CloudWatch", "experiment tracker", "W&B for one person"),
        ("Cloud9", "Codespaces, 40 hours", "GitHub Actions beyond the free", "GPU tests", "container registry"),
        ("Kubernetes", "GKE", "Kubernetes workers", "disks and snapshots", "copy in another region"),
        ("secrets", "Secret Manager, three keys", "Key Vault, 10,000 calls", "preprocessing and metrics"),
    ],
    ids=lambda names: names[0],
)
def test_what_the_study_names_is_computed_or_says_why_not(named: tuple[str, ...]) -> None:
    known = {line.component for plan in INPUTS.plans for line in report(INPUTS, PRICES, plan).study.lines}
    known |= {each.name for each in [*INPUTS.services, *INPUTS.left_out]} | set(SAVINGS)
    assert set(named) <= known
    assert all(each.why for each in INPUTS.left_out)


def test_what_grows_old_lies_where_dvc_can_still_read_it() -> None:
    template = (ROOT / "deploy/aws/storage.yaml").read_text(encoding="utf-8")
    assert "StorageClass: GLACIER_IR" in template
    archive = INPUTS.price("object_storage_archive")
    assert (archive.usd, "Glacier Instant Retrieval" in archive.note) == (0.004, True)
    left = lines("advanced", "lifecycle")["object storage"][1] / lines("advanced")["object storage"][1]
    assert left == pytest.approx((0.4 * 0.023 + 0.3 * 0.0125 + 0.3 * 0.004) / 0.023)


@pytest.mark.parametrize("name", [name for name in INPUTS.prices if "infrequent" not in name and "archive" not in name])
def test_a_price_moves_what_it_is_a_price_of(name: str) -> None:
    price = INPUTS.price(name)
    dearer = changed(prices={**INPUTS.prices, name: price.model_copy(update={"usd": 2 * price.usd + 1})})

    def all_lines(inputs: Inputs) -> dict[tuple[str, str], tuple[float, float]]:
        found = {
            (plan, component): usd for plan in inputs.plans for component, usd in lines(plan, inputs=inputs).items()
        }
        beside = {"once": one_time(inputs), "services": services(inputs)}
        return found | {(kind, line.component): line.usd for kind, each in beside.items() for line in each.lines}

    before, after = all_lines(INPUTS), all_lines(dearer)
    components = {plan: INPUTS.plan(plan).components for plan in INPUTS.plans}
    components |= {"once": INPUTS.one_time.components, "services": INPUTS.services}
    used = {
        (kind, each.name)
        for kind, some in components.items()
        for each in some
        for part in each.parts
        if part.price == name
    }
    assert {line for line in before if before[line] != after[line]} == used
    assert used or name == "gpu_a10g", "only the table of GPUs has it"


TOUCHES = {
    "caching": {"LLM APIs", "GPUs"},
    "spot": {"GPUs"},
    "auto-stop": {"CPU machines"},
    "lifecycle": {"object storage"},
    "reserved": {"CPU machines", "vector database, own machine"},
    "batch": {"LLM APIs"},
    "prompt-caching": {"LLM APIs"},
    "model-choice": {"LLM APIs"},
}


@pytest.mark.parametrize("saving", SAVINGS)
@pytest.mark.parametrize("basis", ["study", "today"])
def test_a_saving_saves_where_it_should_and_nowhere_else(saving: str, basis: str) -> None:
    before, after = lines("standard", basis=basis), lines("standard", saving, basis=basis)
    assert {component for component in before if after[component] != before[component]} == TOUCHES[saving]
    assert all(after[component] <= before[component] for component in before)


def test_savings_together_are_not_counted_twice() -> None:
    for plan in INPUTS.plans:
        said = report(INPUTS, PRICES, plan)
        alone = sum(said.effects[saving][1][0] for saving in SAVINGS)
        assert 0 < said.today.usd[0] - said.today_saved.usd[0] < alone
    asked = lines("standard", basis="today")["LLM APIs"][0]
    assert asked / 2 < lines("standard", "batch", basis="today")["LLM APIs"][0] < 0.52 * asked, "Google has no batches"
    both = lines("standard", "batch", "prompt-caching", basis="today")["LLM APIs"][0]
    assert asked / 10 < both < asked / 2


def test_a_machine_that_is_stopped_is_not_reserved() -> None:
    stopped = lines("standard", "auto-stop")["CPU machines"]
    assert lines("standard", "auto-stop", "reserved")["CPU machines"] == stopped
    assert stopped < lines("standard", "reserved")["CPU machines"]


def test_more_runs_cost_more_of_what_runs_and_the_same_of_what_stands() -> None:
    def one(scenario: str) -> dict[str, float]:
        found = estimate(INPUTS, PRICES, "standard", scenario=scenario, basis="study")
        return {line.component: line.usd[1] for line in found.lines}

    academic, production = one("academic"), one("production")
    assert production["LLM APIs"] == pytest.approx(15 * academic["LLM APIs"])
    assert production["GPUs"] == pytest.approx(15 * academic["GPUs"])
    assert production["disks and snapshots"] == academic["disks and snapshots"]


def test_models_in_four_bits_fit_the_gpus_that_they_fit() -> None:
    assert [fits(INPUTS, "t4", size) for size in (7, 13, 34, 70)] == [True, True, False, False]
    assert [fits(INPUTS, "a10g", size) for size in (7, 13, 34, 70)] == [True, True, True, False]
    assert fits(INPUTS, "a100", 70)
    took = [hours(INPUTS, INPUTS.work("qa_4k"), gpu, 13) for gpu in ("t4", "v100", "a10g", "a100")]
    assert took == sorted(took, reverse=True)
    with pytest.raises(InputError, match="a model of 70 billion parameters in 4 bits does not fit a GPU of kind t4"):
        hours(INPUTS, INPUTS.work("qa_4k"), "t4", 70)


def test_a_model_without_a_price_is_named() -> None:
    none = Prices(models={"openai/gpt-3.5-turbo-0125": Price(input=1, output=1)})
    with pytest.raises(InputError, match="no price is known for openai/gpt-4-turbo-2024-04-09: add it"):
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
    params = parse_params(PARAMS.read_text(encoding="utf-8"), overrides)
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
