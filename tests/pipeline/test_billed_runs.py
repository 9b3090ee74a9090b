"""Stages against a server that bills: the budget, refusals, and a plan that knows all that a run will ask."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from billing_server import PRICES, BillingServer, billing
from conftest import QA, ROOT, Project, make_project

from locomo.files import canonical_json
from locomo.llm import Message
from locomo.llm.providers.mock_schema import instance
from locomo.llm.structured import told_schema
from locomo.pipeline.plan import SPENDERS
from locomo.reporting.metrics import usage_file
from locomo.schema import Prediction

SERVICE = (("encoder: minilm", "encoder: openai/embed-billed"), ("retriever: hybrid", "retriever: dense"))
"""Vectors of a service."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with captioned conversations, whose model is behind a server that bills. Not to be changed: copy it."""
    project = make_project(tmp_path_factory.mktemp("billed"))
    project.path("prices.yaml").write_text(PRICES)
    project.edit("params.yaml", "model: mock/words", "model: openai/gpt-billed")
    for name in ("generate", "caption"):
        code, output = stage(project, name)
        assert code == 0, output
    return project


@pytest.fixture
def project(prepared: Project, tmp_path: Path) -> Project:
    return prepared.copy_to(tmp_path)


@pytest.fixture
def server(project: Project) -> Iterator[BillingServer]:
    with billing() as server:
        project.environment |= {
            "OPENAI_BASE_URL": f"{server.address}/v1",
            "OPENAI_API_KEY": "planted",
            "LOCOMO_CACHE_DIR": str(project.root.parent / "billed"),
        }
        yield server


def edit(project: Project, *changes: tuple[str, str]) -> None:
    for old, new in changes:
        project.edit("params.yaml", old, new)


def stage(project: Project, name: str) -> tuple[int, str]:
    return project.run("python", f"stages/{name}.py")


def journal(project: Project) -> list[dict]:
    path = project.path("logs/calls.jsonl")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return [line for line in lines if line["model"].endswith("-billed")]


def booked(project: Project) -> float:
    return sum(line["usd"] for line in journal(project))


def plans(project: Project, *overrides: str, key: bool = True) -> dict[tuple[str, str], dict]:
    flags = [part for override in overrides for part in ("-S", override)]
    without = {} if key else {"OPENAI_API_KEY": ""}
    rows = json.loads(project.must("locomo", "plan", "--json", *flags, **without))
    return {(row["stage"], row["purpose"]): row for row in rows}


def obliging(prompt: str) -> str:
    """What the schema that a prompt tells of asks for, else some words."""
    schema, words = told_schema([Message("user", prompt)]), prompt.split()
    pick = random.Random(prompt)
    return " ".join(pick.choices(words, k=3)) if schema is None else canonical_json(instance(schema, words, pick))


def test_a_reranker_that_answers_no_json_does_not_cross_the_budget(project: Project, server: BillingServer) -> None:
    edit(project, *SERVICE, ("reranker: null", "reranker: llm"), ("budget_usd: null", "budget_usd: 0.05"))
    code, output = stage(project, "embed")
    assert code == 0, output
    vectors, before = server.calls["embedded"], server.usd
    code, output = stage(project, "rag")
    assert (code, "of llm.budget_usd = $0.05" in output) == (6, True), output
    assert 0.03 < server.usd - before <= 0.05
    assert booked(project) == pytest.approx(server.usd, abs=1e-9)
    assert len(journal(project)) == server.calls["answered"] + server.calls["embedded"]
    assert {line["stage"] for line in journal(project)[vectors:]} == {"rag"}


def test_a_run_in_which_all_was_filtered_publishes_nothing_and_asks_no_second_time(
    project: Project, server: BillingServer
) -> None:
    server.fault = lambda prompt: "filtered"
    reason = f"{QA} × the answer was cut short by the provider's content filter"
    for _ in range(2):
        code, output = stage(project, "qa")
        assert code == 9, output
        assert f"{QA} of {QA} requests have no usable answer, more than llm.max_failed = 0.5 allows: {reason}" in output
        assert f"qa: {QA} of {QA} requests (100.0%) have no usable answer: {reason}" in output
        assert server.calls == {"filtered": QA}
    assert not project.path("data/predictions/qa.jsonl").exists()
    assert booked(project) == pytest.approx(server.usd, abs=1e-9)

    project.edit("params.yaml", "max_failed: 0.5", "max_failed: 1")
    project.edit("params.yaml", "offline: false", "offline: true")
    code, output = stage(project, "qa")
    assert code == 0, output
    rows = [json.loads(line) for line in project.path("data/predictions/qa.jsonl").read_text().splitlines()]
    assert {row["error"] for row in rows} == {"the answer was cut short by the provider's content filter"}
    # What could not be used was billed, and counts, though this run has only read of it.
    everywhere = [json.loads(line) for path in project.path("data/predictions").glob("*.jsonl") for line in path.open()]
    assert sum(row["usage"]["cost_usd"] for row in everywhere) == pytest.approx(server.usd, abs=1e-6)
    assert all(row["usage"]["input_tokens"] > 0 for row in rows)
    usage = usage_file({}, [Prediction.model_validate(row) for row in rows])["usage"]["qa"]
    assert (usage["errors"], usage["questions"]) == (len(rows), len(rows))
    assert usage["cost_usd"] == pytest.approx(sum(row["usage"]["cost_usd"] for row in rows), abs=1e-6)

    project.edit("params.yaml", "offline: true", "offline: false")
    assert f"{QA} refusals of all models" in project.must("locomo", "cache", "prune", "--refusals", "--yes")
    server.fault = lambda prompt: None
    code, output = stage(project, "qa")
    assert (code, server.calls["answered"], "no usable answer" in output) == (0, QA, False), output


def test_a_plan_sends_nothing_and_needs_no_key(project: Project, server: BillingServer) -> None:
    vectors = "embed.encoder=openai/embed-billed"
    overrides = ["generate.mode=agents", "generate.model=openai/gpt-billed", vectors]
    planned = plans(project, *overrides, "rag.reranker=llm", "judge.model=openai/gpt-billed", key=False)
    assert {row["stage"] for row in planned.values()} == {"generate", "embed", "qa", "rag", "score"}
    made = planned["generate", "agents"]
    assert 0 < made["requests"] < made["most"]
    assert 0 < made["usd"][0] < made["usd"][1]
    assert planned["embed", "vectors"]["usd"][1] > 0
    text = project.must("locomo", "plan", *(part for each in overrides for part in ("-S", each)), OPENAI_API_KEY="")
    assert "No model calls: caption, memory, events, dialogue, score." in text

    # With an index made by the service, too.
    edit(project, *SERVICE)
    code, output = stage(project, "embed")
    assert code == 0, output
    calls = server.calls.copy()
    planned = plans(project, key=False)
    assert server.calls == calls
    assert (planned["embed", "vectors"]["requests"], planned["rag", "vectors of questions"]["cached"]) == (
        planned["embed", "vectors"]["cached"],
        0,
    )


def test_what_every_stage_asks_is_what_was_planned(project: Project, server: BillingServer) -> None:
    server.answer = obliging
    edit(
        project,
        *SERVICE,
        ("mode: released", "mode: annotate"),
        ("  model: gguf/smollm2-135m-instruct", "  model: openai/gpt-billed"),
        ("reranker: null", "reranker: llm"),
        ("repeats: 1", "repeats: 2"),
        ("model: null", "model: openai/gpt-billed"),
        ("max_failed: 0.5", "max_failed: 1"),
    )
    planned = plans(project)
    low, high = (sum(row["usd"][end] for row in planned.values()) for end in (0, 1))
    for name in SPENDERS:
        code, output = stage(project, name)
        assert code == 0, output

    asked = Counter(line["stage"] for line in journal(project) if line["usable"])
    for name in ("embed", "qa"):
        assert asked[name] == sum(row["requests"] for (of, _), row in planned.items() if of == name)
    notes = planned["generate", "annotate"]  # how many questions come back depends on the words of the answers
    assert asked["generate"] == pytest.approx(notes["requests"], rel=0.1)
    assert asked["generate"] <= notes["most"]
    assert set(asked) == {"generate", "embed", "qa", "rag", "score"}
    assert booked(project) == pytest.approx(server.usd, abs=1e-6)
    assert low < server.usd <= high
    after = plans(project)
    new = {place: row["requests"] - row["cached"] for place, row in after.items() if place[0] != "score"}
    assert set(new.values()) == {0}, new


def test_vectors_of_a_service_by_name_are_planned_keyed_and_paid_as_any_other(
    project: Project, server: BillingServer
) -> None:
    def declare(host: str) -> None:
        address = server.address.replace("127.0.0.1", host)
        project.path("models.yaml").write_text(
            f"services:\n  house: {{base_url: '{address}/v1', key: HOUSE_KEY, price: {{input: 1.00, output: 0}}}}\n"
            "aliases:\n  ours: {model: house/embed-billed}\n"
        )

    declare("127.0.0.1")
    project.environment |= {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "HOUSE_KEY": "planted"}
    edit(project, ("encoder: minilm", "encoder: house/embed-billed"), SERVICE[1])
    planned = plans(project, "model=mock/words", key=False)
    for place in (("embed", "vectors"), ("rag", "vectors of questions")):
        assert planned[place]["model"] == "house/embed-billed"
        assert planned[place]["usd"][1] > 0
    edit(project, ("budget_usd: null", "budget_usd: 0.0000001"))
    code, output = stage(project, "embed")
    assert (code, server.usd) == (6, 0), output
    edit(project, ("budget_usd: 0.0000001", "budget_usd: null"), ("model: openai/gpt-billed", "model: mock/words"))
    for name in ("embed", "rag"):
        code, output = stage(project, name)
        assert code == 0, output
    assert server.usd > 0
    assert booked(project) == pytest.approx(server.usd, abs=1e-9)
    assert {line["model"] for line in journal(project)} == {"house/embed-billed"}
    assert {row["stage"] for row in journal(project)} == {"embed", "rag"}

    calls = server.calls.copy()
    edit(project, ("encoder: house/embed-billed", "encoder: ours"))  # the same model by another name
    code, output = stage(project, "embed")
    assert (code, server.calls) == (0, calls), output
    declare("localhost")  # another address may hold another model
    code, output = stage(project, "embed")
    assert code == 0, output
    assert server.calls["embedded"] > calls["embedded"]


def test_every_stage_has_a_plan() -> None:
    stages = list(yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"])
    assert stages == ["resolve", *SPENDERS]  # which asks nobody
