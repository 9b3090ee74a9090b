"""What one prediction earned."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Score(BaseModel):
    """Scores of one question in [0, 1]; None where a metric does not apply (text overlap in category 5)."""

    model_config = ConfigDict(frozen=True)

    id: str
    configuration: str
    """As `Prediction.configuration`: 'qa', 'rag_dialog_k5'."""
    category: int
    f1: float
    recall: float
    """As the paper computes it per question: 1 where a question has no evidence or nothing was retrieved for it."""
    has_evidence: bool
    has_context: bool
    rouge1: float | None = None
    rouge2: float | None = None
    rougeL: float | None = None  # noqa: N815  (the field's name for it)
    bertscore_f1: float | None = None
    error: str | None = None
