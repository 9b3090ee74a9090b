"""The scores of one prediction."""

from __future__ import annotations

from locomo.schema.row import Repeated, Row


class Score(Row):
    """Scores of one question in [0, 1]; None if a metric does not apply (text overlap where the right answer is none).

    Their public names are in `locomo.scoring.metric`.
    """

    id: Repeated
    configuration: Repeated
    """As `Prediction.configuration`: 'qa', 'rag_dialog_k5'."""
    category: int
    f1: float | None
    """The protocol's own answer score; None where a judge alone can score (category cognitive)."""
    recall: float | None
    """As the paper computes it per question: 1 if a question has no evidence or nothing was retrieved for it.
    None if the protocol excludes the question from recall."""
    has_evidence: bool
    has_context: bool
    f1_one_sided: float | None = None
    """`strict`, category 1: items beyond the gold answer cost nothing, as in the paper."""
    f1_token_set: float | None = None
    bleu1: float | None = None
    rouge1: float | None = None
    rouge2: float | None = None
    rougeL: float | None = None  # noqa: N815  (the field's name for it)
    bertscore_f1: float | None = None
    refusal: float | None = None
    """1 if the answer refuses although there is a gold answer."""
    unparsable: float | None = None
    """`strict`, category 5: the share of the question's answers that name neither option, or both."""
    judged: float | None = None
    """1 if the judge accepts the answer, where there is one to accept (LoCoMo: categories 1-4); the share of the items
    met where it goes by a rubric, and 0.5 for a reply that is partly right."""
    abstained: float | None = None
    """1 if the judge says that the answer abstains, where it should (LoCoMo: category 5)."""
    judged_all: float | None = None
    """`judged` or `abstained`, whichever applies."""
    no_verdict: float | None = None
    """1 if the judge gave no verdict; the answer then counts as wrong."""
    judge_error: str | None = None
    """Why the judge gave no verdict."""
    error: str | None = None
