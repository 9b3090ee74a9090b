"""Vectors that a stage has bought from a service, counted for `logs/run.json`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from locomo.llm.types import Tally


@dataclass(slots=True)
class Vectors:
    """Texts of which vectors were wanted, those that the cache had, and what the others took."""

    texts: int = 0
    hits: int = 0
    input_tokens: int = 0
    usd: float | None = 0.0
    """None where a price is not known."""

    def entry(self) -> dict[str, Any] | None:
        """Return what stands in the summary; None where no service was asked."""
        if not self.texts:
            return None
        usd = None if self.usd is None else round(self.usd, 6)
        return {"texts": self.texts, "hits": self.hits, "input_tokens": self.input_tokens, "usd": usd}


_counted: ContextVar[Vectors | None] = ContextVar("vectors", default=None)


@contextmanager
def counting() -> Iterator[Vectors]:
    """Count what is bought inside."""
    vectors = Vectors()
    token = _counted.set(vectors)
    try:
        yield vectors
    finally:
        _counted.reset(token)


def count(tally: Tally, usd: float | None) -> None:
    """Add what a series of texts has taken, if somebody counts; `usd` is None where the price is not known."""
    vectors = _counted.get()
    if vectors is None:
        return
    vectors.texts += tally.requests
    vectors.hits += tally.hits
    vectors.input_tokens += tally.input_tokens
    if tally.requests > tally.hits:
        vectors.usd = None if vectors.usd is None or usd is None else vectors.usd + usd
