"""A BLIP with random weights of a few KB (or as large as one likes), saved as `save_pretrained` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WORDS = ["a", "photo", "of", "the", "red", "dog", "cat", "canoe", "house", "two", "in", "garden", "snow", "with", "old"]


def save_blip(folder: Path, *, width: int = 32, layers: int = 2, side: int = 32, words: int = 0, seed: int = 0) -> Path:
    """Write a model `width` numbers wide, for pictures of `side` pixels; weights so large that what is seen matters."""
    import torch
    import transformers

    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]", *WORDS]
    vocabulary += [f"word{number}" for number in range(len(vocabulary), words)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), additional_special_tokens=["[DEC]", "[ENC]"])  # type: ignore[attr-defined]  # made at run time
    tokenizer.save_pretrained(folder)
    transformers.BlipImageProcessorPil(size={"height": side, "width": side}).save_pretrained(folder)
    heads: dict[str, Any] = {"num_hidden_layers": layers, "num_attention_heads": max(2, width // 64)}
    sizes = {"hidden_size": width, "intermediate_size": 4 * width, "initializer_range": 0.3 if width < 64 else 0.02}
    config = transformers.BlipConfig(
        text_config=sizes
        | heads
        | {
            "vocab_size": len(vocabulary),
            "encoder_hidden_size": width,
            "bos_token_id": vocabulary.index("[DEC]"),
            "sep_token_id": vocabulary.index("[SEP]"),
            "eos_token_id": vocabulary.index("[SEP]"),
            "pad_token_id": 0,
        },
        vision_config=sizes | heads | {"image_size": side, "patch_size": 8 if side < 64 else 16},
        projection_dim=width,
    )
    torch.manual_seed(seed)
    transformers.BlipForConditionalGeneration(config).save_pretrained(folder)
    return folder
