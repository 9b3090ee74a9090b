"""The metrics of an answer, each declared once: what tables, files, comparisons and exports derive their lists from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from locomo.scoring.protocol import ScoringProtocol

File = Literal["f1", "recall", "overlap", "verdicts"]
"""Of metrics/, without its `.json`."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One mean over questions."""

    field: str
    """Of `Score`, which holds it of one question."""
    name: str
    """Where people and programs read it: it says what was computed."""
    file: File
    strict: str | None = None
    """Its name if `strict` computes it in another way."""
    depends_on: Literal["encoder", "judge"] | None = None
    """What stands in brackets behind its name: BERTScore's encoder, or the judge's prompt."""


DECLARED: Final = (
    Metric("f1", "f1_stemmed_multiset", "f1", strict="f1_normalised"),
    Metric("f1_one_sided", "f1_normalised_one_sided", "f1"),
    Metric("f1_token_set", "f1_token_set", "f1"),
    Metric("recall", "recall_evidence", "recall", strict="recall_evidence_repaired"),
    Metric("bleu1", "bleu_1", "overlap"),
    Metric("rouge1", "rouge_1", "overlap"),
    Metric("rouge2", "rouge_2", "overlap"),
    Metric("rougeL", "rouge_l", "overlap"),
    Metric("bertscore_f1", "bertscore_f1", "overlap", depends_on="encoder"),
    Metric("refusal", "over_refusal", "verdicts"),
    Metric("unparsable", "unparsable", "verdicts"),
    # Of the questions with a gold answer (1,540 of LoCoMo), of those without one, and of all 1,986.
    Metric("judged", "judge_accuracy", "verdicts", depends_on="judge"),
    Metric("abstained", "judge_abstention", "verdicts", depends_on="judge"),
    Metric("judged_all", "judge_accuracy_all", "verdicts", depends_on="judge"),
    Metric("no_verdict", "judge_no_verdict", "verdicts", depends_on="judge"),
)
METRICS: Final = tuple(metric.field for metric in DECLARED)
"""Names of the means, which are those of the fields of `Score`."""
FAMILIES: Final[dict[str, tuple[str, ...]]] = {
    file: tuple(metric.field for metric in DECLARED if metric.file == file)
    for file in dict.fromkeys(metric.file for metric in DECLARED)
}
"""File in metrics/ to the metrics in it, as fields of `Score`."""
NAMES: Final = {metric.field: metric.name for metric in DECLARED}
"""Field of `Score` to its name in metrics files and tables."""


def metric_names(
    protocol: ScoringProtocol, *, bertscore: str | None = None, judge: str | None = None
) -> dict[str, str]:
    """Return {field of `Score`: public name}, with what a metric depends on in brackets: `bertscore_f1[minilm]`.

    `bertscore` is its encoder, `judge` the name of the judge's prompt (of the local judge, its version).
    """
    used = {"encoder": bertscore, "judge": judge}
    found = {}
    for metric in DECLARED:
        name = metric.strict if protocol.strict and metric.strict else metric.name
        beside = used.get(metric.depends_on or "")
        found[metric.field] = f"{name}[{beside}]" if beside else name
    return found


def field_of(name: str) -> str | None:
    """Return the field of `Score` that a metric's name stands for, its own or a public one; None for no such name."""
    plain = name.partition("[")[0]
    return next((each.field for each in DECLARED if plain in (each.field, each.name, each.strict)), None)
