"""Tokens of OpenAI's models: exact where their vocabulary is at hand, else estimated, said once and without waiting."""

from __future__ import annotations

import time

import pytest
import requests
import tiktoken

from locomo.llm import open_model
from locomo.llm.providers import vocabulary

TEXT = "Ruth keeps bees. " * 50


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """A process that has counted nothing yet and has no vocabulary on disk, before and after."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-123456")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr("tiktoken.registry.ENCODINGS", {})
    vocabulary._encoding.cache_clear()
    yield
    vocabulary._encoding.cache_clear()


def count(name: str, text: str = TEXT) -> int:
    return open_model(name, context_window=None).count_tokens(text)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Vocabularies are made here: of bytes, and of the word ' bees' besides; the names of those asked for."""
    names = []
    signs = {bytes([number]): number for number in range(256)}

    def get_encoding(name: str) -> tiktoken.Encoding:
        names.append(name)
        words = {b" b": 256, b"ee": 257, b" bee": 258, b" bees": 259}
        return tiktoken.Encoding(
            name, pat_str=r" ?\w+|\W", mergeable_ranks=signs | words, special_tokens={"<|endoftext|>": 999}
        )

    monkeypatch.setattr(tiktoken, "get_encoding", get_encoding)
    return names


def test_tokens_are_counted_by_the_vocabulary(loaded: list[str]) -> None:
    assert count("openai/gpt-4o", "Ruth has bees") == len("Ruth has") + 1
    assert count("openai/gpt-4o", "") == 0
    assert count("openai/gpt-4o", "<|endoftext|>") == len("<|endoftext|>"), "a mark in a text is text"


@pytest.mark.parametrize(
    ("name", "its_own"),
    [
        ("gpt-4o-mini-2024-07-18", "o200k_base"),
        ("gpt-3.5-turbo-0125", "cl100k_base"),
        ("gpt-4-turbo", "cl100k_base"),
        ("model-of-next-year", "o200k_base"),
    ],
)
def test_every_model_has_its_own_vocabulary_and_it_is_loaded_once(loaded: list[str], name: str, its_own: str) -> None:
    assert count(f"openai/{name}") == count(f"openai/{name}")
    assert loaded == [its_own]


@pytest.mark.parametrize(
    ("address", "exact"),
    [
        ("https://api.openai.com/v1", True),
        ("https://eu.api.openai.com/v1", True),
        ("http://127.0.0.1:9/v1", False),
        ("https://api.openai.com.example.org/v1", False),
        ("https://notapi.openai.com/v1", False),
    ],
)
def test_models_of_other_servers_are_estimated(loaded: list[str], monkeypatch, address: str, exact: bool) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    count("openai/gpt-4o")
    assert bool(loaded) is exact


def test_without_a_network_tokens_are_estimated_and_that_is_said_once(monkeypatch, caplog) -> None:
    tried = []

    def refused(url: str) -> None:
        tried.append(url)
        raise requests.ConnectionError("no network")

    monkeypatch.setattr(requests, "get", refused)
    estimates = [count("openai/gpt-4o"), count("openai/gpt-4o"), count("openai/gpt-4.1")]
    assert set(estimates) == {len(TEXT) // 3 + 1}
    assert len(tried) == 1
    (warning,) = [record.getMessage() for record in caplog.records if record.name == "locomo"]
    assert "o200k_base of OpenAI's models cannot be fetched (ConnectionError): tokens are estimated" in warning


def test_a_network_that_hangs_is_not_waited_for(monkeypatch, caplog) -> None:
    monkeypatch.setattr(vocabulary, "PATIENCE", 0.2)
    monkeypatch.setattr(requests, "get", lambda url: time.sleep(3))
    began = time.monotonic()
    assert count("openai/gpt-4o") == count("openai/gpt-4o") == len(TEXT) // 3 + 1
    assert time.monotonic() - began < 2
    assert "(nothing within 0.2 seconds)" in caplog.text
