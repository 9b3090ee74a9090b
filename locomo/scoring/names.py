"""What metrics are called where people and programs read them: names that say what was computed."""

from __future__ import annotations

from typing import Final

from locomo.scoring.protocol import ScoringProtocol

NAMES: Final[dict[str, str]] = {
    "f1": "f1_stemmed_multiset",
    "f1_one_sided": "f1_normalised_one_sided",
    "f1_token_set": "f1_token_set",
    "recall": "recall_evidence",
    "bleu1": "bleu_1",
    "rouge1": "rouge_1",
    "rouge2": "rouge_2",
    "rougeL": "rouge_l",
    "bertscore_f1": "bertscore_f1",
    "refusal": "over_refusal",
    "unparsable": "unparsable",
    "judged": "judge_accuracy",
    "abstained": "judge_abstention",
    "judged_all": "judge_accuracy_all",
    "no_verdict": "judge_no_verdict",
}
"""Field of `Score` to its name in metrics files and tables."""
JUDGED: Final = ("judged", "abstained", "judged_all", "no_verdict")
"""What a judge says: `judge_accuracy` is of the questions with a gold answer (1,540 of LoCoMo), `judge_accuracy_all` of
all 1,986."""
_STRICT: Final = {"f1": "f1_normalised", "recall": "recall_evidence_repaired"}
"""What `strict` computes in another way has another name."""


def metric_names(
    protocol: ScoringProtocol, *, bertscore: str | None = None, judge: str | None = None
) -> dict[str, str]:
    """Return {field of `Score`: public name}, with what a metric depends on in brackets: `bertscore_f1[minilm]`.

    `bertscore` is its encoder, `judge` the name of the judge's prompt (of the local judge, its version).
    """
    beside = {"bertscore_f1": bertscore} | dict.fromkeys(JUDGED, judge)
    return {
        field: f"{name}[{beside[field]}]" if beside.get(field) else name
        for field, name in (NAMES | (_STRICT if protocol.strict else {})).items()
    }


def field_of(name: str) -> str | None:
    """Return the field of `Score` that a metric's name stands for, its own or a public one; None for no such name."""
    plain = name.partition("[")[0]
    fields = {field: field for field in NAMES}
    fields |= {public: field for field, public in NAMES.items()} | {public: field for field, public in _STRICT.items()}
    return fields.get(plain)
