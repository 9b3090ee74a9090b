"""What an encoder is, as data: its models, and all that is done around them to make a vector of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Pooling = Literal["mean", "cls", "max", "lasttoken", "mean_sqrt_len_tokens", "pooler"]
Similarity = Literal["dot", "cosine"]
Side = Literal["query", "passage"]
IndexKind = Literal["flat", "hnsw", "ivf"]
"""What vectors are searched in, see `locomo.retrieval.search_structures`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Two sides of an encoder, which may be one model."""

    query: str
    """A folder, or a hub id that may end in `@<revision>`."""
    passage: str
    pooling: Pooling
    """`pooler` takes the model's own `pooler_output`; the others are made of its last hidden states."""
    similarity: Similarity
    """`cosine` brings vectors to unit length, `dot` leaves them as they are; they are compared by inner product."""
    max_tokens: int | None = None
    """Longest text; what is beyond is cut. None: what the model's files say."""
    query_prefix: str = ""
    passage_prefix: str = ""
    lowercase: bool = False

    def model(self, side: Side) -> str:
        """Return the model of a side."""
        return self.query if side == "query" else self.passage

    def prefix(self, side: Side) -> str:
        """Return what is put before the texts of a side."""
        return self.query_prefix if side == "query" else self.passage_prefix


BM25: Final = "bm25"
"""The encoder that makes no vectors, and leaves the comparing of texts to BM25."""
MINILM: Final = "minilm"
"""The model that a package of ours carries, see `locomo.models.embedded`."""

_CONTRIEVER: Final = "facebook/contriever@2bd46a25019aeea091fd42d1f0fd4801675cf699"

DECLARATIONS: Final[dict[str, Declaration]] = {
    "minilm": Declaration(query=MINILM, passage=MINILM, pooling="mean", similarity="cosine", max_tokens=256),
    "contriever": Declaration(query=_CONTRIEVER, passage=_CONTRIEVER, pooling="mean", similarity="dot", max_tokens=512),
    "dragon": Declaration(
        query="facebook/dragon-plus-query-encoder@2d3808c087119b953f8494b7638c216c71712cee",
        passage="facebook/dragon-plus-context-encoder@68074e7406bb0061b0d049b58592acafae00e9d4",
        pooling="cls",
        similarity="dot",
        max_tokens=512,
    ),
    "dpr": Declaration(
        query="facebook/dpr-question_encoder-single-nq-base",
        passage="facebook/dpr-ctx_encoder-single-nq-base",
        pooling="pooler",
        similarity="dot",
        max_tokens=512,
    ),
}
"""Encoders by name, pinned to a commit of the hub, but for DPR; the one used is saved with the vectors."""
