"""Hugging Face models in 4 or 8 bits: what is passed on to transformers, and what is said where that cannot be."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tiny_hf import save_model

from locomo.errors import ProviderError
from locomo.llm import Message, Request, open_model

FOUND = importlib.util.find_spec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hf") / "tiny"
    save_model(folder, "llama", hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
    return folder


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that says it has a GPU, and bitsandbytes."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: FOUND("json" if name in PACKAGES else name))


PACKAGES = ("accelerate", "bitsandbytes")


def test_an_answer_in_4_bits_is_another_answer(folder: Path) -> None:
    def key(quantization: Any) -> str:
        model = open_model(f"hf/{folder}", context_window=None, quantization=quantization)
        return Request("hf", model.model, (Message("user", "Who?"),), 8, revision=model.revision).key

    plain = open_model(f"hf/{folder}", context_window=None).revision
    assert open_model(f"hf/{folder}", context_window=None, quantization="4bit").revision == f"{plain}+4bit"
    assert len({key(None), key("4bit"), key("8bit")}) == 3


def test_a_project_may_say_it_of_one_model(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models.yaml").write_text(f"models: {{'hf/{folder}': {{quantization: 8bit}}}}")
    monkeypatch.chdir(tmp_path)
    revisions = [
        str(open_model(f"hf/{folder}", context_window=None, quantization=to).revision) for to in (None, "4bit")
    ]
    assert [revision.rpartition("+")[2] for revision in revisions] == ["8bit", "4bit"]


@pytest.mark.parametrize("quantization", ["4bit", "8bit"])
@pytest.mark.usefixtures("gpu")
def test_what_transformers_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch, quantization: Any) -> None:
    import torch
    import transformers

    told: dict[str, Any] = {}

    def load(**how: Any) -> tuple[Any, dict[str, Any]]:
        told.update(how)
        network = SimpleNamespace(eval=lambda: network, generation_config=SimpleNamespace(eos_token_id=256))
        return network, {"missing_keys": []}

    monkeypatch.setattr(transformers.AutoModelForCausalLM, "from_pretrained", load)
    model: Any = open_model(f"hf/{folder}", context_window=None, quantization=quantization)
    assert model._network
    config = told["quantization_config"]
    assert (config.load_in_4bit, config.load_in_8bit) == (quantization == "4bit", quantization == "8bit")
    if quantization == "4bit":
        assert (config.bnb_4bit_quant_type, config.bnb_4bit_use_double_quant) == ("nf4", True)
        assert config.bnb_4bit_compute_dtype == torch.float16
    assert told["dtype"] == torch.float16, "a GPU without bfloat16"
    assert told["device_map"] == {"": 0}


def test_without_a_gpu_it_is_refused_when_the_model_is_needed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    model = open_model(f"hf/{folder}", context_window=None, quantization="4bit")  # a run the cache answers needs no GPU
    with pytest.raises(ProviderError, match=r"4bit needs a CUDA GPU; set answer\.quantization to null"):
        asyncio.run(model.complete(Request("hf", "tiny", (Message("user", "Who?"),), 8)))


@pytest.mark.usefixtures("gpu")
def test_without_bitsandbytes_the_cure_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in PACKAGES else FOUND(name))
    model: Any = open_model(f"hf/{folder}", context_window=None, quantization="8bit")
    with pytest.raises(ProviderError) as caught:
        assert model._network
    assert str(caught.value) == (
        "model 'hf/tiny': 8bit needs bitsandbytes and accelerate: pip install 'locomo-pipeline[quantization]'"
    )


@pytest.mark.parametrize("name", ["gguf/smollm2-135m-instruct", "mock/words", "openai/gpt-4o"])
def test_it_is_for_models_of_hf(name: str) -> None:
    with pytest.raises(
        ProviderError, match=f"model '{name}': answer.quantization: found 4bit; quantization is for hf/"
    ):
        open_model(name, context_window=None, quantization="4bit")
