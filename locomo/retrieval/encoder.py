"""Texts to vectors: one protocol, encoders by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from locomo import weights
from locomo.errors import InputError, did_you_mean
from locomo.machine import thread_count

Vectors = NDArray[np.float32]
TOKENS_PER_BATCH = 4096
"""Batches are filled up to this many tokens, padding included."""


class Encoder(Protocol):
    """Turns texts into vectors whose inner product is their similarity."""

    name: str
    revision: str

    def encode(self, texts: Sequence[str], *, side: Literal["query", "passage"]) -> Vectors:
        """Return float32 vectors of shape (texts, dimensions), in the order of the texts."""
        ...


class MiniLM:
    """all-MiniLM-L6-v2, the embedded encoder: mean pooling, unit length, the same for queries and passages."""

    name = "minilm"
    revision = f"sha256:{weights.MINILM_SHA256}"
    max_tokens = 256  # what it was trained for (its sentence_bert_config.json)

    def __init__(self, threads: int | None = None) -> None:
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(threads or thread_count())
        folder = str(weights.minilm())
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._model: Any = AutoModel.from_pretrained(folder, local_files_only=True).eval()

    def encode(self, texts: Sequence[str], *, side: Literal["query", "passage"]) -> Vectors:
        """See `Encoder`. Texts of like length share a batch, since padding is computed like text."""
        import torch

        vectors = np.zeros((len(texts), self._model.config.hidden_size), dtype=np.float32)
        if not texts:
            return vectors
        ids = self._tokenizer(list(texts), truncation=True, max_length=self.max_tokens)["input_ids"]
        order = sorted(range(len(texts)), key=lambda i: len(ids[i]))
        start = 0
        while start < len(order):
            end = start + 1
            while end < len(order) and (end + 1 - start) * len(ids[order[end]]) <= TOKENS_PER_BATCH:
                end += 1
            batch = order[start:end]
            padded = self._tokenizer.pad({"input_ids": [ids[i] for i in batch]}, return_tensors="pt")
            with torch.inference_mode():
                states = self._model(**padded).last_hidden_state
                mask = padded["attention_mask"].unsqueeze(-1)
                pooled = (states * mask).sum(dim=1) / mask.sum(dim=1)
                vectors[batch] = torch.nn.functional.normalize(pooled, dim=1).numpy()
            start = end
        return vectors


ENCODERS: Final[dict[str, Callable[[int | None], Encoder]]] = {"minilm": MiniLM}


def open_encoder(name: str, *, threads: int | None = None) -> Encoder:
    """Load an encoder by name, to compute with so many threads (None: all); InputError for an unknown one."""
    if name not in ENCODERS:
        raise InputError(f"encoder '{name}': expected one of {', '.join(ENCODERS)}{did_you_mean(name, ENCODERS)}")
    return ENCODERS[name](threads)
