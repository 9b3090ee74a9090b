"""Encoders that are transformers, computed in this process as their declaration says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomo.errors import InputError
from locomo.files import canonical_json
from locomo.models.files import ModelFiles, first_line
from locomo.retrieval.blocks import FEWEST_TOKENS, equal_blocks
from locomo.retrieval.declaration import Declaration, Pooling, Side
from locomo.retrieval.encoder_files import find_model
from locomo.threads import thread_count

Vectors = NDArray[np.float32]
TOKENS_PER_BLOCK = 512
"""On a CPU, for each thread: more is not faster (benchmarks/encode_batches.py)."""
TOKENS_PER_GPU_BLOCK = 16_384
_DRIVERS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvgpu", "/dev/nvmap", "/dev/dxg", "/dev/kfd")
"""What Linux has where PyTorch can use a GPU: of NVIDIA, of its Jetson boards, under Windows, of AMD."""
_UNLIMITED = 1_000_000
"""Tokenizers that know no limit say a number far beyond this."""


class TransformerEncoder:
    """One model, or one for each side, that are loaded when they are first needed.

    A block of texts is computed by one thread, and each thread has blocks of its own: nothing waits for the slowest at
    every step, and on a CPU no bit of a vector depends on the number of threads or on the texts beside it (tests see to
    it). On a GPU weights are in half precision.
    """

    def __init__(
        self, name: str, declaration: Declaration, files: dict[Side, ModelFiles], *, threads: int | None = None
    ) -> None:
        self.name = name
        self.declaration = declaration
        query, passage = files["query"].revision, files["passage"].revision
        self.revision = passage if query == passage else f"query {query}, passage {passage}"
        self._files = files
        self._threads = threads or thread_count()
        self._loaded: dict[str, tuple[Any, Any]] = {}

    def fingerprint(self, side: Side) -> str:
        """Return what a vector depends on beside the text: the model's files, what is done around them, precision."""
        device, precision = placement()
        about = asdict(self.declaration)
        for role in ("query", "passage", "query_prefix", "passage_prefix"):
            del about[role]
        about |= {"side": side, "prefix": self.declaration.prefix(side), "revision": self._files[side].revision}
        return canonical_json(about | {"device": device, "precision": precision})

    def encode(self, texts: Sequence[str], *, side: Side) -> Vectors:
        """Return float32 vectors of shape (texts, dimensions); a text without tokens has zeros.

        InputError if the model cannot be loaded.
        """
        import torch

        torch.set_num_threads(1)  # of each of our threads
        model, tokenizer = self._model(side)
        rows = self._tokens(tokenizer, texts, side)
        device, _ = placement()
        blocks = equal_blocks([len(row) for row in rows], TOKENS_PER_BLOCK if device == "cpu" else TOKENS_PER_GPU_BLOCK)
        vectors = np.zeros((len(texts), self._dimensions(model)), dtype=np.float32)

        def compute(block: list[int]) -> None:
            if rows[block[0]]:
                vectors[block] = self._compute(model, [rows[place] for place in block])

        threads = min(self._threads if device == "cpu" else 1, len(blocks))
        if threads <= 1:  # a question by itself does not wait for a pool to start
            for block in blocks:
                compute(block)
        else:
            with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
                _drain(pool.map(compute, blocks))
        return vectors

    def _tokens(self, tokenizer: Any, texts: Sequence[str], side: Side) -> list[list[int]]:
        if not texts:
            return []
        written = [self.declaration.prefix(side) + text for text in texts]
        if self.declaration.lowercase:
            written = [text.lower() for text in written]
        rows: list[list[int]] = tokenizer(written, truncation=True, max_length=self._max_tokens(side))["input_ids"]
        return rows

    def _compute(self, model: Any, rows: list[list[int]]) -> Vectors:
        import torch

        copies = -(-FEWEST_TOKENS // (len(rows) * len(rows[0])))
        tokens = torch.tensor(rows * copies, device=placement()[0])
        with torch.inference_mode():
            pooled = _pool(model(input_ids=tokens), self.declaration.pooling).float()
            if self.declaration.similarity == "cosine":
                pooled = torch.nn.functional.normalize(pooled, dim=1)
            vectors: Vectors = pooled[: len(rows)].cpu().numpy()
        return vectors

    def _max_tokens(self, side: Side) -> int:
        model, tokenizer = self._model(side)
        limits: list[int | None] = [
            _UNLIMITED,
            self.declaration.max_tokens,
            tokenizer.model_max_length,
            self._positions(model),
        ]
        return min(limit for limit in limits if limit is not None)

    def _positions(self, model: Any) -> int | None:
        positions = getattr(model.config, "max_position_embeddings", None)
        # RoBERTa and its kin count positions from behind the padding token.
        embeddings = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
        offset = getattr(embeddings, "padding_idx", None)
        return None if positions is None else int(positions) - (0 if offset is None else int(offset) + 1)

    def _dimensions(self, model: Any) -> int:
        projected = getattr(model.config, "projection_dim", 0) if self.declaration.pooling == "pooler" else 0
        return int(projected or model.config.hidden_size)

    def _model(self, side: Side) -> tuple[Any, Any]:
        files = self._files[side]
        if files.revision not in self._loaded:
            self._loaded[files.revision] = _load(self.name, files, self.declaration.pooling)
        return self._loaded[files.revision]


def open_transformer(name: str, declaration: Declaration, *, threads: int | None = None) -> TransformerEncoder:
    """Find the models of a declaration; InputError if one is neither here nor to be had."""
    files: dict[Side, ModelFiles] = {"query": find_model(declaration.query)}
    same = declaration.passage == declaration.query
    files["passage"] = files["query"] if same else find_model(declaration.passage)
    return TransformerEncoder(name, declaration, files, threads=threads)


def placement() -> tuple[str, str]:
    """Return where models are computed and in what precision: half on a GPU.

    Importing PyTorch takes seconds: where there is no driver of a GPU, it is not asked.
    """
    if "torch" not in sys.modules and sys.platform == "linux" and not any(map(os.path.exists, _DRIVERS)):
        return "cpu", "float32"
    import torch

    return ("cuda", "float16") if torch.cuda.is_available() else ("cpu", "float32")


def _load(name: str, files: ModelFiles, pooling: Pooling) -> tuple[Any, Any]:
    import torch
    import transformers
    from safetensors import SafetensorError

    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    device, precision = placement()
    try:
        config = transformers.AutoConfig.from_pretrained(**files.pretrained)
        # The two DPR models share a configuration, and only its architecture tells which one it is.
        kind = config.architectures[0] if config.model_type == "dpr" and config.architectures else "AutoModel"
        tokenizer = transformers.AutoTokenizer.from_pretrained(**files.pretrained)
        model, report = getattr(transformers, kind).from_pretrained(
            **files.pretrained, dtype=getattr(torch, precision), output_loading_info=True
        )
    except (OSError, ValueError, ImportError, RuntimeError, AttributeError, SafetensorError) as error:
        raise InputError(f"encoder '{name}': {files.folder} cannot be loaded ({first_line(error)})") from None
    missing = [weight for weight in report["missing_keys"] if pooling == "pooler" or "pooler" not in weight]
    if missing:  # transformers would make them up
        raise InputError(f"encoder '{name}': {files.folder}: its files lack some weights, such as {sorted(missing)[0]}")
    return model.to(device).eval(), tokenizer


def _pool(output: Any, pooling: Pooling) -> Any:
    """Make vectors of shape (texts, dimensions) of a model's output for texts of one length."""
    if pooling == "pooler":
        return output.pooler_output
    states = output.last_hidden_state.float()
    match pooling:
        case "mean":
            return states.mean(dim=1)
        case "mean_sqrt_len_tokens":
            return states.sum(dim=1) / states.shape[1] ** 0.5
        case "max":
            return states.max(dim=1).values
        case "cls":
            return states[:, 0]
        case "lasttoken":
            return states[:, -1]


def _drain(results: Iterable[object]) -> None:
    """Wait for all, and raise the first error."""
    for _ in results:
        pass
