"""What one prediction earned."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Score(BaseModel):
    """Scores of one question in [0, 1]; None where a metric does not apply (text overlap in category 5).

    Their public names, which say what each is, are in `locomo.scoring.names`.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    configuration: str
    """As `Prediction.configuration`: 'qa', 'rag_dialog_k5'."""
    category: int
    f1: float
    """The protocol's own answer score."""
    recall: float | None
    """As the paper computes it per question: 1 where a question has no evidence or nothing was retrieved for it.
    None where the protocol leaves the question out of recall."""
    has_evidence: bool
    has_context: bool
    f1_one_sided: float | None = None
    """`strict`, category 1: what is named beyond the gold costs nothing, as in the paper."""
    f1_token_set: float | None = None
    bleu1: float | None = None
    rouge1: float | None = None
    rouge2: float | None = None
    rougeL: float | None = None  # noqa: N815  (the field's name for it)
    bertscore_f1: float | None = None
    refusal: float | None = None
    """1 where the answer refuses although there is a gold answer (categories 1-4)."""
    unparsable: float | None = None
    """`strict`, category 5: the share of the question's answers that name neither option, or both."""
    judged: float | None = None
    """1 where the judge holds the answer to be right (categories 1-4)."""
    judge_error: str | None = None
    """Why the judge gave no verdict; the answer then counts as wrong."""
    error: str | None = None
