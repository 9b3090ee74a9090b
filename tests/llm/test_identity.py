"""What a name stands for is told without a key, a network or any loading; whatever alters answers alters it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from locomo.llm.identity import identity

HOUSE = "services:\n  house: {base_url: 'http://10.0.0.5:8000/v1', key: HOUSE_KEY}\n"


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HOUSE_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_an_alias_is_followed_to_its_model_and_window() -> None:
    found = identity("gpt-3.5-turbo-4k")
    assert (found["provider"], found["model"]) == ("openai", "gpt-3.5-turbo-0125")
    assert found["facts"]["context_window"] == 4000
    assert found["service"] is None


@pytest.mark.parametrize(
    "changed",
    [
        HOUSE.replace("10.0.0.5", "10.0.0.6"),
        HOUSE.replace("key:", "revision: b, key:"),
        HOUSE.replace("key:", "headers: {X-Beta: a}, key:"),
        HOUSE.replace("key:", "speaks: anthropic, key:"),
        HOUSE + "models: {house/qwen3: {thinking: true}}\n",
        HOUSE + "models: {house/qwen3: {context_window: 4000}}\n",
    ],
)
def test_what_an_entry_says_is_part_of_it(here: Path, changed: str) -> None:
    (here / "models.yaml").write_text(HOUSE)
    before = identity("house/qwen3")
    (here / "models.yaml").write_text(changed)
    assert identity("house/qwen3") != before
    assert before["service"] == "http://10.0.0.5:8000/v1"


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("https://api.openai.com/v1/", None),
        ("http://10.0.0.5:8000/v1", "http://10.0.0.5:8000/v1"),
        ("http://me:planted@10.0.0.5/v1?api-key=planted&api-version=1", "http://10.0.0.5/v1?api-version=1"),
        ("10.0.0.5:8000", "invalid"),
    ],
)
def test_another_address_is_part_of_it_without_its_secrets(monkeypatch: Any, address: str, service: str | None) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    found = identity("openai/gpt-4o")
    assert found["service"] == service
    assert "planted" not in repr(found)


def test_local_files_are_named(here: Path) -> None:
    (here / "net").mkdir()
    for name in ("config.json", "model.safetensors", "README.md"):
        (here / "net" / name).write_text("{}")
    (here / "m.gguf").write_text("x")
    (here / "rules.yaml").write_text("x")
    assert identity("hf/net")["files"] == ["net/config.json", "net/model.safetensors"]
    assert identity("gguf/m.gguf")["files"] == ["m.gguf"]
    assert identity("mock/script:rules.yaml")["files"] == ["rules.yaml"]
    assert identity("hf/some/model@abc")["revision"] == "abc"


def test_it_needs_no_library() -> None:
    code = (
        "import sys; from locomo.llm.identity import identity; [identity(name) for name in "
        "('hf/a/b', 'openai/gpt-4o', 'google/gemini-2.5-flash', 'gguf/smollm2-135m-instruct')]\n"
        "print(sorted({'torch', 'openai', 'anthropic', 'google.generativeai', 'transformers', 'xllamacpp'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
