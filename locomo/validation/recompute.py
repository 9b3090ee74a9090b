"""What other packages compute again of an output, passed in by the pipeline: validation knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from locomo.schema import Conversation, Question

Row = Mapping[str, Any]
Cell = tuple[str, str]
"""(configuration, question id)."""
Means = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Metric, as metrics files name it → configuration → category or 'overall' → mean."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the request cache holds under the key of a row."""

    answer: str
    prompt: str
    """All messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recompute:
    """Functions that compute parts of an output again; None where the part cannot be computed."""

    reading: Callable[[str, Question, str, Any], tuple[str, str | None]] | None = None
    """From question id, question, the model's words and the letter of "not mentioned" (None outside of `strict`) to
    (prediction, option taken)."""
    stored: Callable[[Collection[str]], dict[str, Stored]] | None = None
    """From keys of requests to what is cached under them; what is not cached is left out."""
    vectors: Callable[[Sequence[str]], Any] | None = None
    """From texts to their vectors, of shape (texts, dimensions)."""
    ranking: Callable[[Conversation, str, Sequence[str]], list[list[int]]] | None = None
    """From a conversation, a kind of unit and questions to the places of the best units, best first."""
    scores: Callable[[Sequence[Conversation], Iterable[Row], Collection[Cell]], dict[Cell, dict[str, Any]]] | None = (
        None
    )
    """From conversations, rows of predictions and cells to metrics by cell."""
    means: Callable[[Iterable[Row]], Means] | None = None
    """From rows of scores to the means of metrics files."""


NOTHING_AGAIN = Recompute()
