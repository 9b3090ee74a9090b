"""How much of the evidence a retriever finds: recall, nDCG and MRR at each k, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from locomo.errors import InputError
from locomo.retrieval.retriever import Hit, Retriever
from locomo.retrieval.units import UNITS, Unit
from locomo.schema import CATEGORIES, Conversation, Question, category_name
from locomo.scoring.recall import evidence_recall, session_of
from locomo.scoring.summary import OVERALL

PAPER_KS: Final[dict[str, tuple[int, ...]]] = {
    "dialog": (5, 10, 25, 50),
    "observation": (5, 10, 25, 50),
    "summary": (2, 5, 10),
}
MEASURES: Final = ("recall", "all_evidence", "ndcg", "mrr")
RESAMPLES: Final = 2000
LEVEL: Final = 0.95

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a retriever earned with each question, at each k."""

    ks: tuple[int, ...]
    conversations: NDArray[np.int64]
    """The number of each question's conversation, of shape (questions,)."""
    categories: NDArray[np.int64]
    values: dict[str, Values]
    """Of each of `MEASURES`, of shape (questions, ks), in [0, 1]; 0 for a question without evidence."""

    def groups(self) -> dict[str, NDArray[np.bool_]]:
        """Return which questions are in each category that occurs, then all of them, by name."""
        found = [(category_name(category), self.categories == category) for category in CATEGORIES]
        return {name: of for name, of in found if of.any()} | {OVERALL: self.categories > 0}

    def means(self, measure: str) -> dict[str, list[float]]:
        """Return {group: the mean at each k} over all its questions, those without evidence counted as 0."""
        return {name: self.values[measure][of].mean(axis=0).tolist() for name, of in self.groups().items()}

    def intervals(self, measure: str, *, seed: int = 0) -> list[tuple[float, float]] | None:
        """Return the 95% interval of the overall mean at each k; None where there is but one conversation.

        Percentiles over samples of whole conversations with replacement (Cameron and Miller 2015, "A practitioner's
        guide to cluster-robust inference"): questions about one conversation fail together. With ten it is a bit short.
        """
        names, index = np.unique(self.conversations, return_inverse=True)
        if len(names) < 2:
            return None
        questions = np.bincount(index).astype(float)
        sums = np.stack([np.bincount(index, weights=column) for column in self.values[measure].T], axis=1)
        rng = np.random.default_rng(seed)
        drawn = rng.multinomial(len(names), [1 / len(names)] * len(names), size=RESAMPLES).astype(float)
        means = drawn @ sums / (drawn @ questions)[:, None]
        low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        return list(zip(low.tolist(), high.tolist(), strict=True))


def evaluate(conversations: Sequence[Conversation], retriever: Retriever, unit: str, ks: Sequence[int]) -> Evaluation:
    """Rank the units of every conversation for all its questions and compare with their evidence.

    Recall is the paper's (see `evidence_recall`), `all_evidence` is 1 where recall is. nDCG (of the k best) and MRR (up
    to k) are trec_eval's, through ir-measures; relevant is what cites at least one turn of the evidence. Questions
    that cite nothing by their nature are left out. InputError if there is no other.
    """
    depths = tuple(sorted(set(ks)))
    rows: dict[str, list[list[float]]] = {measure: [] for measure in MEASURES}
    numbers, categories = [], []
    for number, conversation in enumerate(conversations):
        counted = [(index, q) for index, q in conversation.chosen() if q.evidence or not q.kind.cites_nothing]
        if not counted:
            continue
        texts = [question.question for question in conversation.questions]
        every = retriever.rank(conversation, unit, texts, max(depths))
        questions, ranked = [question for _, question in counted], [every[index] for index, _ in counted]
        recalls = [
            [_recall(question, hits[:k]) for k in depths] for question, hits in zip(questions, ranked, strict=True)
        ]
        rows["recall"] += recalls
        rows["all_evidence"] += [[float(recall == 1) for recall in row] for row in recalls]
        for measure, values in _ranking_measures(UNITS[unit](conversation), questions, ranked, depths).items():
            rows[measure] += values
        numbers += [number] * len(questions)
        categories += [question.category for question in questions]
    if not numbers:
        raise InputError("no question in these conversations: there is nothing to measure")
    values_of = {measure: np.array(found) for measure, found in rows.items()}
    return Evaluation(depths, np.array(numbers), np.array(categories), values_of)


def _recall(question: Question, hits: Sequence[Hit]) -> float:
    if not question.evidence:
        return 0.0
    return evidence_recall(question.evidence, [name for hit in hits for name in hit.unit.ids])


def _ranking_measures(
    units: Sequence[Unit], questions: Sequence[Question], ranked: Sequence[Sequence[Hit]], ks: Sequence[int]
) -> dict[str, list[list[float]]]:
    import ir_measures

    citing: dict[str, set[int]] = {}
    for place, unit in enumerate(units):
        for name in unit.ids:
            citing.setdefault(name, set()).add(place)
    places = {unit: place for place, unit in enumerate(units)}
    relevant, run = {}, {}
    for number, (question, hits) in enumerate(zip(questions, ranked, strict=True)):
        wanted = {name for dia_id in question.evidence for name in (dia_id, session_of(dia_id))}
        relevant[str(number)] = {str(place): 1 for name in wanted for place in citing.get(name, ())}
        # Scores that fall by rank: trec_eval would put equals into an order of its own.
        run[str(number)] = {str(places[hit.unit]): float(-rank) for rank, hit in enumerate(hits)}
    measures = {
        (name, column): measure @ k
        for column, k in enumerate(ks)
        for name, measure in (("ndcg", ir_measures.nDCG), ("mrr", ir_measures.RR))
    }
    found = {name: [[0.0] * len(ks) for _ in questions] for name in ("ndcg", "mrr")}
    cells = {str(measure): cell for cell, measure in measures.items()}
    for metric in ir_measures.iter_calc(list(measures.values()), relevant, run):
        name, column = cells[str(metric.measure)]
        found[name][int(metric.query_id)][column] = metric.value
    return found
