"""A CLIP with random weights of a few KB, saved as `save_pretrained` writes it."""

from __future__ import annotations

from pathlib import Path

WORDS = [
    "a",
    "photo",
    "of",
    "the",
    "red",
    "dog",
    "cat",
    "canoe",
    "house",
    "two",
    "in",
    "garden",
    "snow",
    "with",
    "hive",
]
LONGEST = 16
UNKNOWN = "<unk>"
SIDE = 32


def save_clip(folder: Path, *, seed: int = 0) -> Path:
    """Write a model of two layers a side; weights so large that what is read and seen matters."""
    import torch
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    names = ["<pad>", UNKNOWN, *WORDS, "<start>", "<end>"]  # the end is the largest: CLIP's vector is of it
    vocabulary = {word: number for number, word in enumerate(names)}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    plain.post_processor = processors.TemplateProcessing(
        single="<start> $A <end>", special_tokens=[(name, vocabulary[name]) for name in ("<start>", "<end>")]
    )
    folder.mkdir(parents=True, exist_ok=True)
    named = {"pad_token": "<pad>", "unk_token": UNKNOWN, "bos_token": "<start>", "eos_token": "<end>"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=plain, model_max_length=LONGEST, **named).save_pretrained(
        folder
    )
    transformers.CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    ).save_pretrained(folder)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.CLIPConfig(
        text_config=sizes
        | {
            "vocab_size": len(names),
            "max_position_embeddings": LONGEST,
            "bos_token_id": vocabulary["<start>"],
            "eos_token_id": vocabulary["<end>"],
            "pad_token_id": 0,
        },
        vision_config=sizes | {"image_size": SIDE, "patch_size": 8},
        projection_dim=16,
        initializer_factor=20.0,
    )
    torch.manual_seed(seed)
    transformers.CLIPModel(config).save_pretrained(folder)
    return folder
