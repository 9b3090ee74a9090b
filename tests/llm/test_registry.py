"""A model is found by its name or an alias, with what is known of it; or the name that was meant is suggested."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from locomo.errors import InputError, ProviderError
from locomo.llm import Message, Request, open_model
from locomo.llm.catalog import PROVIDERS, read_catalog
from locomo.llm.registry import missing


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.setenv(name, "test")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("opnai/gpt-4o", "model 'opnai/gpt-4o': expected provider/model with one of anthropic/…, ctransformers/…, "),
        ("opnai/gpt-4o", "did you mean 'openai/gpt-4o'?"),
        ("antropic/my-own-model", "did you mean 'anthropic'?"),
        ("gpt-4o", "model 'gpt-4o': expected provider/model"),
        ("gpt-4o", "did you mean 'openai/gpt-4o'?"),
        ("gpt-3.5-turbo4k", "did you mean 'gpt-3.5-turbo-4k'?"),
        ("openai/", "model 'openai/': expected provider/model"),
        ("", "model '': expected provider/model"),
        (
            "mock/refus",
            "model 'mock/refus': expected one of refuse, words, extract, script:FILE; did you mean 'refuse'?",
        ),
        (
            "gguf/smollm2-135m",
            "no such file; expected 'smollm2-135m-instruct' or the path of a .gguf file; did you mean",
        ),
    ],
)
def test_a_name_that_cannot_be_meant_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        open_model(name, context_window=None)
    assert said in str(caught.value)


def test_a_mock_answers_the_same_again_and_otherwise_to_others() -> None:
    model = open_model("mock/words", context_window=1000)

    def answer(text: str) -> str:
        request = Request("mock", "words", (Message("user", text),), 8)
        return asyncio.run(model.complete(request)).text

    prompt = "the quick brown fox jumps over the lazy dog"
    assert answer(prompt) == answer(prompt) != answer(prompt + " twice")
    assert set(answer(prompt).split()) <= set(prompt.split())
    assert model.capabilities.context_window == 1000


@pytest.mark.parametrize(
    ("alias", "provider", "model", "window"),
    [
        ("gpt-3.5-turbo", "openai", "gpt-3.5-turbo-0125", 4096),
        ("gpt-3.5-turbo-4k", "openai", "gpt-3.5-turbo-0125", 4000),
        ("gpt-3.5-turbo-8k", "openai", "gpt-3.5-turbo-0125", 8000),
        ("gpt-3.5-turbo-12k", "openai", "gpt-3.5-turbo-0125", 12000),
        ("gpt-3.5-turbo-16k", "openai", "gpt-3.5-turbo-0125", 16000),
        ("gpt-4-turbo", "openai", "gpt-4-turbo-2024-04-09", 128000),
        ("claude-sonnet", "anthropic", "claude-3-sonnet-20240229", 200000),
        ("claude-haiku", "anthropic", "claude-3-haiku-20240307", 200000),
        ("gemini-pro-1.0", "google", "gemini-1.0-pro-latest", 32768),
    ],
)
def test_an_alias_stands_for_a_model_and_a_window(alias: str, provider: str, model: str, window: int) -> None:
    opened = open_model(alias, context_window=None)
    assert (opened.name, opened.model, opened.capabilities.context_window) == (provider, model, window)


def test_the_local_models_of_the_paper_have_aliases_too() -> None:
    catalog = read_catalog()
    windows = {
        "llama2-chat-7b": 4096,
        "llama2-chat-13b": 4096,
        "llama2-chat-70b": 4096,
        "llama3-chat-70b": 4096,
        "mistral-instruct-7b-8k": 8000,
        "mistral-instruct-7b-32k": 32000,
        "gemma-7b-it": 8000,
    }
    for alias, window in windows.items():
        target, facts = catalog.resolve(alias)
        assert target.startswith("hf/")
        assert facts.context_window == window


def test_whatever_an_alias_stands_for_is_known_and_has_that_window() -> None:
    catalog = read_catalog()
    for name, alias in catalog.aliases.items():
        known = catalog.models[alias.model]
        assert "/" not in name
        assert known.context_window >= (alias.context_window or 0)
    assert {name.partition("/")[0] for name in catalog.models} <= set(PROVIDERS)


def test_a_window_can_be_made_smaller_but_not_larger() -> None:
    assert open_model("gpt-3.5-turbo-4k", context_window=2048).capabilities.context_window == 2048
    with pytest.raises(InputError, match=r"model 'gpt-3\.5-turbo-4k': a window of 4001 tokens; the model has 4000"):
        open_model("gpt-3.5-turbo-4k", context_window=4001)
    with pytest.raises(InputError, match="the model has 128000"):
        open_model("openai/gpt-4o", context_window=128_001)


def test_a_model_that_nobody_knows_can_be_used() -> None:
    assert open_model("openai/my-finetune", context_window=100_000).capabilities.context_window == 100_000
    assert open_model("openai/my-finetune", context_window=None).capabilities.context_window > 0


def test_what_a_model_can_do_is_known() -> None:
    assert open_model("openai/gpt-4o", context_window=None).capabilities.images
    assert not open_model("openai/gpt-5", context_window=None).capabilities.stop
    assert not open_model("anthropic/claude-3-haiku-20240307", context_window=None).capabilities.seed
    assert not open_model("gemini-pro-1.0", context_window=None).capabilities.system


def test_a_project_adds_models_and_aliases_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text(
        "models:\n  openai/house-7b: {context_window: 6000, stop: false}\n"
        "aliases:\n  house: {model: openai/house-7b}\n  gpt-4-turbo: {model: mock/words, context_window: 500}\n"
    )
    opened = open_model("house", context_window=None)
    assert (opened.model, opened.capabilities.context_window, opened.capabilities.stop) == ("house-7b", 6000, False)
    assert open_model("gpt-4-turbo", context_window=None).capabilities.context_window == 500
    assert open_model("gpt-3.5-turbo", context_window=None).model == "gpt-3.5-turbo-0125"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: {x/y: {window: 5}}", "models.yaml: models → x/y → window: found 5"),
        ("aliases: {a: {context_window: 5}}", "models.yaml: aliases → a → model: "),
        ("aliases: {a: {model: mock/words, context_window: many}}", "aliases → a → context_window: found 'many'"),
        ("models: [", "models.yaml: line 1, column 10: not valid YAML"),
        ("just words", "models.yaml: "),
    ],
)
def test_a_broken_file_of_ones_own_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "models.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        open_model("mock/words", context_window=None)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_alias_of_nothing_says_what_it_stands_for(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_text("aliases: {house: {model: opnai/gpt-4o}}")
    with pytest.raises(
        InputError, match=r"model 'house' \(stands for 'opnai/gpt-4o'\): .*did you mean 'openai/gpt-4o'"
    ):
        open_model("house", context_window=None)


def test_a_package_that_is_not_here_is_named_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.genai", None)
    said = "google-genai is not installed: pip install google-genai"
    with pytest.raises(ProviderError, match=f"model 'google-genai/gemini-2.5-flash': {said}"):
        open_model("google-genai/gemini-2.5-flash", context_window=None)
    assert missing("google-genai") == said


def test_a_key_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing("anthropic") is None
    monkeypatch.setenv("ANTHROPIC_API_KEY", " ")
    assert missing("anthropic") == "ANTHROPIC_API_KEY is not set"
    assert missing("mock") is None


def test_libraries_are_loaded_when_a_model_is_asked_and_in_silence() -> None:
    """google-generativeai warns on import that its support has ended."""
    code = (
        "import sys; from locomo.llm import open_model; from locomo.llm.catalog import PROVIDERS\n"
        "from locomo.llm.registry import missing\n"
        "[missing(name) for name in PROVIDERS]; model = open_model('google/gemini-2.5-flash', context_window=None)\n"
        "print(sorted({'torch', 'openai', 'anthropic', 'google.generativeai', 'transformers'} & set(sys.modules)))\n"
        "model._library\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
