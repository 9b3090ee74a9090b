"""`locomo plan` speaks of memory systems before they run."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import PARAMS, SAMPLE

from locomo.dataset import read_conversations
from locomo.files import write_jsonl
from locomo.llm import LlmSettings
from locomo.llm.cache import open_cache
from locomo.memory.description import describe, described
from locomo.pipeline.params import Params, parse_params
from locomo.pipeline.plan_memory import plan_memory
from locomo.pipeline.plan_numbers import Counter

CONVERSATIONS = read_conversations(SAMPLE)
SESSIONS = sum(len(conversation.sessions) for conversation in CONVERSATIONS)


def params(*overrides: str) -> Params:
    return parse_params(PARAMS.read_text(encoding="utf-8"), overrides)


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "kept"))
    return Counter(open_cache(None), LlmSettings())


def test_of_a_system_that_never_ran_nothing_is_known(counter: Counter) -> None:
    (found,) = plan_memory(params("memory.systems=['command:./x', hybrid]"), CONVERSATIONS, counter)
    assert found.purpose == f"{SESSIONS} sessions into x"
    assert found.usd is None
    assert "nothing is known of its calls" in found.note


def test_a_system_that_has_run_takes_as_much_a_session_as_it_took(counter: Counter) -> None:
    row = {"sample_id": "a", "sessions": 4, "calls": 8, "input_tokens": 4000, "output_tokens": 400}
    write_jsonl(Path("data/memory/x/ingestion.jsonl"), [row])
    chosen = params("memory.systems=['command:./x']", "memory.model=openai/gpt-4o-mini")
    (found,) = plan_memory(chosen, CONVERSATIONS, counter)
    assert (found.requests, found.input_tokens) == (2 * SESSIONS, (1000 * SESSIONS,) * 2)
    assert found.usd is not None
    assert found.usd[0] > 0
    assert found.note == "an estimate, from what the last run took a session"


def test_of_a_shipped_system_the_project_has_measured_what_a_session_takes(counter: Counter) -> None:
    rate = describe("mem0").a_session
    assert rate is not None
    (found,) = plan_memory(params("memory.systems=[mem0]", "memory.model=openai/gpt-4o-mini"), CONVERSATIONS, counter)
    assert found.requests == round(rate.calls * SESSIONS)
    assert found.usd is not None
    assert found.usd[0] > 0.15e-6 * rate.input_tokens * SESSIONS * 0.9
    assert found.note == "an estimate, from what the project's measurement with mock/extract took a session"


def test_every_shipped_system_was_measured() -> None:
    rates = {name: describe(name).a_session for name in described()}
    assert all(rates.values())
    assert {name for name, rate in rates.items() if rate.calls} == {
        name for name in described() if describe(name).calls_models
    }


def test_nothing_is_planned_without_systems(counter: Counter) -> None:
    assert plan_memory(params("memory.systems=[hybrid]"), CONVERSATIONS, counter) == []
