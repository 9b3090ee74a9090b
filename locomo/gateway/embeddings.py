"""Vectors in OpenAI's shape, from whatever makes them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from locomo.gateway.trouble import RefusedError, field_error
from locomo.llm.tokens import estimate_tokens

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
"""From texts to a row for each, in order. It is called in threads, several at once."""


def texts_of(body: Any) -> list[str]:
    """Return the texts of a body; RefusedError for tokens in their place, and for whatever else cannot be served."""
    if not isinstance(body, dict):
        raise RefusedError("the body is no JSON object", code="invalid_body")
    wanted = body.get("input")
    texts = [wanted] if isinstance(wanted, str) else wanted
    if not isinstance(texts, list) or not texts:
        raise field_error(body, "input", "a text or a list of texts")
    if any(isinstance(text, int | list) for text in texts):
        raise RefusedError(
            "input: found tokens, expected texts: tokens mean nothing without their vocabulary (with langchain, set "
            "check_embedding_ctx_length=False)",
            param="input",
            code="invalid_value",
        )
    if not all(isinstance(text, str) and text.strip() for text in texts):
        raise field_error(body, "input", "texts that are not empty")
    if body.get("encoding_format") not in (None, "float", "base64"):
        raise field_error(body, "encoding_format", "float or base64")
    return list(texts)


def check_dimensions(body: dict[str, Any], vectors: Vectors) -> None:
    """RefusedError if other dimensions are asked for than the encoder's vectors have."""
    wanted = body.get("dimensions")
    if wanted is not None and wanted != vectors.shape[1]:
        raise RefusedError(
            f"dimensions: found {wanted}, expected {vectors.shape[1]}, which this encoder's vectors have",
            param="dimensions",
            code="invalid_value",
        )


def listed(body: dict[str, Any], texts: Sequence[str], vectors: Vectors, model: str) -> dict[str, Any]:
    """Return the list of embeddings."""
    tokens = sum(map(estimate_tokens, texts))
    as_text = body.get("encoding_format") == "base64"
    return {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": index, "embedding": _base64(row) if as_text else row.tolist()}
            for index, row in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _base64(row: Vectors) -> str:
    return base64.b64encode(row.astype("<f4").tobytes()).decode()
