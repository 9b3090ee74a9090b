"""Hugging Face models of a few KB with random weights, whose tokens are bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WITH_SYSTEM = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>"


def save_tokenizer(folder: Path) -> Any:
    """Write a tokenizer with a chat template into the folder, and return it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={sign: n for n, sign in enumerate([*alphabet, "<eos>"])}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>")  # noqa: S106
    fast.chat_template = WITH_SYSTEM
    fast.save_pretrained(folder)
    return fast


def save_model(folder: Path, kind: str, **config: Any) -> None:
    """Write a model of a kind ('llama', ...) and its tokenizer; weights so large that what is read matters."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = save_tokenizer(folder)
    sizes = {"vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id, "bos_token_id": None}
    torch.manual_seed(0)
    chosen = AutoConfig.for_model(kind, **(sizes | {"initializer_range": 0.5} | config))
    AutoModelForCausalLM.from_config(chosen).save_pretrained(folder)
