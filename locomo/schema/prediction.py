"""One answer of a model to one question, in one configuration."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Usage(BaseModel):
    """What a call costs when nothing of it was cached here, so that it is the same on every run."""

    model_config = ConfigDict(frozen=True)

    input_tokens: int = 0
    cached_tokens: int = 0
    """Those of `input_tokens` that the provider reported, and bills, as cached on its side."""
    output_tokens: int = 0
    cost_usd: float | None = None
    """None where the price of the model is not known."""


class Prediction(BaseModel):
    """A row of `data/predictions/*.jsonl`; (id, task, unit, k) is unique within a file."""

    model_config = ConfigDict(frozen=True)

    id: str
    sample_id: str
    index: int
    category: int
    question: str
    reference: str | None
    prediction: str | None
    """The answer after parsing; None where the call failed for good (see `error`)."""
    raw: str | None
    """The model's own words."""
    context_ids: list[str]
    """The turns (`D3:7`) or session summaries (`S3`) that the model was shown."""
    task: Literal["qa", "rag"]
    unit: str | None
    k: int | None
    model: str
    """The model that really answered, as the provider names it."""
    protocol: str
    usage: Usage
    request: str
    """Key of the call in the request cache."""
    error: str | None = None

    @property
    def configuration(self) -> str:
        """What was asked of the model in one word: 'qa', 'rag_dialog_k5'."""
        return self.task if self.unit is None else f"{self.task}_{self.unit}_k{self.k}"
