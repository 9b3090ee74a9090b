"""The recipe for answers without a server: what a stage lacks goes to an engine, and its answers into the cache."""

from __future__ import annotations

import importlib.util
import sys
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any
from zlib import crc32

import pytest
from conftest import ROOT, SAMPLE

from locomo.dataset import read_conversations
from locomo.files import canonical_json, write_jsonl
from locomo.llm import Client, LlmSettings, Message, MissingError, Request, RequestCache, open_model
from locomo.llm.cache import Refusal, open_backend
from locomo.llm.cache.transfer import import_entries
from locomo.schema import Prediction
from locomo.tasks.job import answer
from locomo.tasks.protocol import asking_protocol
from locomo.tasks.qa import qa_jobs


@pytest.fixture
def recipe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ray_batch", ROOT / "examples/offline_batch/ray_batch.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def engine(row: dict[str, Any]) -> dict[str, Any]:
    """What Ray gives back for a row: `vLLMEngineStage` adds these columns, and takes away what it was given."""
    prompt = row.pop("messages")
    sampling = row.pop("sampling_params")
    number = crc32(prompt[-1]["content"].encode()) % 10
    if number == 0:
        return row | {"__inference_error__": "ValueError: the prompt is too long"}
    said = {1: "", 2: "<think>Ruth?</think>Ruth"}.get(number, f"Ruth {number}")
    counts = {"num_input_tokens": 100, "num_generated_tokens": min(3, sampling["max_tokens"])}
    return row | counts | {"generated_text": said, "__inference_error__": None}


def ask_offline(folder: Path) -> list[Prediction]:
    protocol = asking_protocol("strict")
    model = open_model("batch/qwen3", context_window=None)
    jobs = qa_jobs(read_conversations(SAMPLE), protocol, window=600, max_tokens=8, seed=1, count_tokens=len)
    client = Client(model, RequestCache(folder), LlmSettings(offline=True))
    rows: list[Prediction] = []
    answer(jobs, client, protocol, keep=rows.append, max_tokens=8, seed=1)
    return rows


def test_what_the_engine_says_is_what_the_stage_finds(
    recipe: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models.yaml").write_text("services:\n  batch: {base_url: 'http://localhost:8000/v1', revision: qwen3-8b-1}\n")
    folder, missing, answers = tmp_path / "requests", tmp_path / "qa.missing.jsonl", tmp_path / "answers.jsonl"
    with pytest.raises(MissingError) as caught:
        ask_offline(folder)
    write_jsonl(missing, [request.fields() for request in caught.value.missing])

    def stand_in(path: Path, given: Namespace) -> Iterator[dict[str, Any]]:
        for line in reversed(path.read_text(encoding="utf-8").splitlines()):
            yield from map(engine, recipe.rows(line, given))

    monkeypatch.setattr(recipe, "answered", stand_in)
    monkeypatch.setattr(sys, "argv", ["ray_batch.py", str(missing), str(answers), "--model", "Qwen/Qwen3-8B"])
    recipe.main()
    count, failed = (int(word) for word in capsys.readouterr().out.split() if word.isdigit())
    assert count > 100
    assert count + failed == len(caught.value.missing)
    assert import_entries(answers, open_backend(str(folder))).new == count

    with pytest.raises(MissingError) as again:
        ask_offline(folder)
    assert len(again.value.missing) == failed > 0
    cache = RequestCache(folder)
    found = [cache.find(request) for request in caught.value.missing]
    assert found.count(None) == failed
    assert {each.text for each in found if each and not isinstance(each, Refusal)} >= {"Ruth", "Ruth 3", "Ruth 9"}
    assert any(isinstance(each, Refusal) and each.reason == "the model gave an empty answer" for each in found)


def test_the_engine_is_given_what_a_server_would_be(recipe: ModuleType) -> None:
    messages = (Message("system", "Be brief."), Message("user", "Who keeps bees?"))
    request = Request("batch", "qwen3", messages, 32, stop=("\n",), seed=7)
    line = line_of(request)
    row = recipe.engine_row(line, thinking_tokens=100)
    assert [message["role"] for message in row["messages"]] == ["system", "user"]
    assert row["sampling_params"] == {"max_tokens": 132, "temperature": 0.0, "stop": ["\n"], "seed": 7}
    (merged,) = recipe.engine_row(line, system=False)["messages"]
    assert merged["content"].startswith("Be brief.")
    assert recipe.engine_row(line_of(replace(request, schema={"type": "object"}))) is None


def line_of(request: Request) -> str:
    return canonical_json(request.fields())
