"""Makes locomo/retrieval/learned.yaml anew: the weights of the retriever `learned`, and what they find.

python benchmarks/fit_retriever.py [LOCOMO10 [REALTALK]]     (data/raw/locomo10.json and data/raw/realtalk.json; some
minutes, most of them to embed the turns)

For a conversation of LoCoMo the weights are fitted on the nine others; for one of REALTALK on its nine others and
LoCoMo; for any other on both datasets. Where LoCoMo teaches another dataset, its adversarial questions are left out:
they name the wrong speaker. What the weights of one dataset find in the other is measured too.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from locomo.dataset import read_conversations
from locomo.files import sha256, write_text
from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.features import OBSERVATIONS, TURNS, TurnFeatures
from locomo.retrieval.fit import PENALTY, Lesson, fit, lesson
from locomo.retrieval.indexes import FreshIndexes, Indexes
from locomo.retrieval.learned import ALL, FITTED, marks_of, read_fitted, text_hashes
from locomo.retrieval.opened import Opened
from locomo.retrieval.ranking import ScoreRetriever
from locomo.retrieval.registry import retriever_over
from locomo.retrieval.retriever import Retriever
from locomo.retrieval.scores import Scores
from locomo.schema import Conversation
from locomo.scoring import OVERALL
from locomo.scoring.ranking import PAPER_KS, evaluate

HEAD = (
    "# Written by benchmarks/fit_retriever.py, with the measured recall that stands in it; not to be edited by hand.\n"
)


SETS = {"turns": TURNS, "turns_and_observations": TURNS + OBSERVATIONS}


@dataclass(frozen=True)
class Taught:
    """A dataset, and what there is to learn from each of its conversations, by feature set."""

    conversations: list[Conversation]
    own: dict[str, list[Lesson]]
    """For the others of the same dataset."""
    abroad: dict[str, list[Lesson]]
    """For other datasets: without adversarial questions."""

    @classmethod
    def of(cls, dataset: Path, indexes: Indexes) -> Taught:
        """Read a dataset and compute its features."""
        conversations = read_conversations(dataset)
        features = [
            TurnFeatures(Opened(one, indexes)).of([question.question for question in one.questions])
            for one in conversations
        ]

        def lessons(*, adversarial: bool) -> dict[str, list[Lesson]]:
            return {
                name: [
                    lesson(one, values, names, adversarial=adversarial)
                    for one, values in zip(conversations, features, strict=True)
                    if all(feature in values for feature in names)
                ]
                for name, names in SETS.items()
            }

        return cls(conversations, lessons(adversarial=True), lessons(adversarial=False))


def but(lessons: Sequence[Lesson], left_out: int) -> list[Lesson]:
    """Return all lessons but one; a dataset without observations teaches nothing of them, and has none to leave out."""
    return [one for number, one in enumerate(lessons) if number != left_out]


def fitted(locomo: Taught, realtalk: Taught) -> dict[str, Any]:
    """Return the weights left-one-out and of all, by feature sets, as they stand in the file."""
    shared = Counter(mark for one in [*locomo.conversations, *realtalk.conversations] for mark in text_hashes(one))
    folds: dict[str, Any] = {}
    for taught, others in ((locomo, None), (realtalk, locomo)):
        for number, conversation in enumerate(taught.conversations):
            print(f"fitting without {conversation.sample_id}", file=sys.stderr, flush=True)
            folds[conversation.sample_id] = {
                name: fit([*(others.abroad[name] if others else []), *but(taught.own[name], number)]) for name in SETS
            } | {"marks": marks_of(conversation, {mark for mark, count in shared.items() if count > 1})}
    everything = {name: fit([*locomo.abroad[name], *realtalk.abroad[name]]) for name in SETS}
    return {"features": {name: list(names) for name, names in SETS.items()}, ALL: everything, "leaving_out": folds}


def across(locomo: Taught, realtalk: Taught, indexes: Indexes) -> dict[str, dict[int, float]]:
    """Return the recall of weights fitted on one dataset in the other, turns without observations, in percent by k."""
    found = {}
    for name, teacher, pupil in (
        ("locomo10 to realtalk", locomo, realtalk),
        ("realtalk to locomo10", realtalk, locomo),
    ):
        weights = fit(teacher.abroad["turns"])

        def method(opened: Opened, _: str, questions: Sequence[str], by: Sequence[float] = weights) -> Scores:
            values = opened.kept(TurnFeatures).of(questions)
            return np.asarray(sum(weight * values[name] for name, weight in zip(TURNS, by, strict=True)))

        found[name] = recall(pupil.conversations, ScoreRetriever(indexes, method), "dialog")
    return found


def recall(conversations: Sequence[Conversation], retriever: Retriever, unit: str) -> dict[int, float]:
    """Return the recall of a retriever over all questions, in percent by k."""
    ks = PAPER_KS[unit]
    means = evaluate(conversations, retriever, unit, ks).means("recall")[OVERALL]
    return {k: round(100 * mean, 1) for k, mean in zip(ks, means, strict=True)}


def measured(locomo: Taught, realtalk: Taught, indexes: Indexes) -> dict[str, dict[int, float]]:
    """Return the recall of the written weights, by what is ranked and k."""
    without = [conversation.model_copy(update={"observations": []}) for conversation in locomo.conversations]
    learned = retriever_over("learned", indexes)
    return {
        "dialog, without observations": recall(without, learned, "dialog"),
        **{unit: recall(locomo.conversations, learned, unit) for unit in ("dialog", "observation", "summary")},
        "realtalk, dialog": recall(realtalk.conversations, learned, "dialog"),
    }


def make(datasets: Sequence[Path], indexes: Indexes, encoder: str) -> None:
    """Write the file."""
    locomo, realtalk = (Taught.of(dataset, indexes) for dataset in datasets)
    weights = fitted(locomo, realtalk)
    card: dict[str, Any] = {
        "how": {
            "dataset_sha256": {dataset.stem: sha256(dataset) for dataset in datasets},
            "encoder": encoder,
            "loss": "softmax over the turns of a conversation; the cited turns of a question equally likely",
            "penalty": PENALTY,
            "questions": "those whose evidence exists; no adversarial ones where LoCoMo teaches another dataset",
            "caution": "the list of features was chosen by looking at LoCoMo's ten conversations",
        }
    }
    write(card | weights)
    found = {
        "recall_on_the_conversation_left_out": measured(locomo, realtalk, indexes),
        "recall_on_the_dataset_left_out": across(locomo, realtalk, indexes),
    }
    write(card | found | weights)
    print(yaml.safe_dump(found, sort_keys=False))


def write(contents: dict[str, Any]) -> None:
    """Replace the file, and forget what was read of it before."""
    text = yaml.safe_dump(contents, sort_keys=False, default_flow_style=None, width=116, allow_unicode=True)
    write_text(FITTED, HEAD + text)
    read_fitted.cache_clear()


class KeptIndexes(FreshIndexes):
    """Embeds each conversation once."""

    def __init__(self, encoder: Any) -> None:
        super().__init__(encoder)
        self._kept: dict[tuple[str, str], Any] = {}

    def vectors(self, conversation: Conversation, unit: str) -> Any:
        """See `Indexes`."""
        key = conversation.sample_id, unit
        if key not in self._kept:
            self._kept[key] = super().vectors(conversation, unit)
        return self._kept[key]


def main() -> None:
    """Fit, measure, write."""
    encoder = open_encoder("minilm")
    datasets = [Path(given) for given in sys.argv[1:]] or [
        Path("data/raw/locomo10.json"),
        Path("data/raw/realtalk.json"),
    ]
    make(datasets, KeptIndexes(encoder), f"{encoder.name} {encoder.revision}")


if __name__ == "__main__":
    main()
