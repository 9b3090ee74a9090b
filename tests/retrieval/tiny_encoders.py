"""Encoders of a few KB with random weights, of the architectures that are used, whose tokens are bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SIZES = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 64,
    "initializer_range": 0.5,  # so large that what is read matters
}


def save_tokenizer(folder: Path) -> int:
    """Write a tokenizer that puts [CLS] and [SEP] around; return how many tokens it knows."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    signs = ["[PAD]", "[CLS]", "[SEP]", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE(vocab={sign: n for n, sign in enumerate(signs)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)
    fast.save_pretrained(folder)
    return len(signs)


def save_encoder(folder: Path, architecture: str = "BertModel", *, seed: int = 0, **config: Any) -> Path:
    """Write a model of an architecture (a class of transformers) and its tokenizer; return the folder."""
    import torch
    import transformers

    kind = getattr(transformers, architecture)
    vocabulary = save_tokenizer(folder)
    torch.manual_seed(seed)
    kind(kind.config_class(vocab_size=vocabulary, pad_token_id=0, **(SIZES | config))).save_pretrained(folder)
    return folder


def save_sentence_files(
    folder: Path,
    *,
    pooling: dict[str, Any] | None = None,
    normalize: bool = False,
    sentences: dict[str, Any] | None = None,
    asked: dict[str, Any] | None = None,
) -> None:
    """Write the files that sentence-transformers has beside a model."""
    kinds = [("Transformer", ""), ("Pooling", "1_Pooling"), *([("Normalize", "2_Normalize")] if normalize else [])]
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (kind, path) in enumerate(kinds)
    ]
    (folder / "1_Pooling").mkdir(exist_ok=True)
    for name, value in {
        "modules.json": modules,
        "1_Pooling/config.json": pooling or {"pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": sentences or {},
        "config_sentence_transformers.json": asked or {},
    }.items():
        (folder / name).write_text(json.dumps(value), encoding="utf-8")
