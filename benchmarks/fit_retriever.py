"""Makes locomo/retrieval/learned.yaml anew: the weights of the retriever `learned`, and what they find.

python benchmarks/fit_retriever.py [DATASET]     (data/raw/locomo10.json; some minutes, most of them to embed the turns)

Ten times the weights are fitted on nine conversations, and recall is measured on the tenth; then once on all ten, for
conversations that are none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from locomo.dataset import read_conversations
from locomo.files import sha256, write_text
from locomo.retrieval.encoder import open_encoder
from locomo.retrieval.features import OBSERVATIONS, TURNS, TurnFeatures
from locomo.retrieval.fit import PENALTY, fit, lesson
from locomo.retrieval.indexes import FreshIndexes, Indexes
from locomo.retrieval.learned import ALL, FITTED, marks_of, read_fitted
from locomo.retrieval.opened import Opened
from locomo.retrieval.registry import retriever_over
from locomo.schema import Conversation
from locomo.scoring import OVERALL
from locomo.scoring.ranking import PAPER_KS, evaluate

HEAD = (
    "# Written by benchmarks/fit_retriever.py, with the measured recall that stands in it; not to be edited by hand.\n"
)


def fitted(conversations: Sequence[Conversation], indexes: Indexes) -> dict[str, Any]:
    """Return the weights left-one-out and of all, by feature sets, as they stand in the file."""
    features = [
        TurnFeatures(Opened(conversation, indexes)).of([question.question for question in conversation.questions])
        for conversation in conversations
    ]
    sets = {"turns": TURNS, "turns_and_observations": TURNS + OBSERVATIONS}
    lessons = {
        name: [lesson(c, values, names) for c, values in zip(conversations, features, strict=True)]
        for name, names in sets.items()
    }

    def weights(left_out: int | None) -> dict[str, list[float]]:
        return {name: fit([one for n, one in enumerate(of) if n != left_out]) for name, of in lessons.items()}

    folds = {}
    for number, conversation in enumerate(conversations):
        print(f"fitting without {conversation.sample_id}", file=sys.stderr, flush=True)
        folds[conversation.sample_id] = weights(number) | {"marks": marks_of(conversation)}
    return {"features": {name: list(names) for name, names in sets.items()}, ALL: weights(None), "leaving_out": folds}


def measured(conversations: Sequence[Conversation], indexes: Indexes) -> dict[str, dict[int, float]]:
    """Return the recall of the written weights in percent, by what is ranked and k."""
    without = [conversation.model_copy(update={"observations": []}) for conversation in conversations]
    found = {}
    for name, of, unit in (
        ("dialog, without observations", without, "dialog"),
        ("dialog", conversations, "dialog"),
        ("observation", conversations, "observation"),
        ("summary", conversations, "summary"),
    ):
        ks = PAPER_KS[unit]
        means = evaluate(of, retriever_over("learned", indexes), unit, ks).means("recall")[OVERALL]
        found[name] = {k: round(100 * mean, 1) for k, mean in zip(ks, means, strict=True)}
    return found


def make(dataset: Path, indexes: Indexes, encoder: str) -> None:
    """Write the file."""
    conversations = read_conversations(dataset)
    weights = fitted(conversations, indexes)
    card: dict[str, Any] = {
        "how": {
            "dataset_sha256": sha256(dataset),
            "encoder": encoder,
            "loss": "softmax over the turns of a conversation; the cited turns of a question equally likely",
            "penalty": PENALTY,
            "questions": "those whose evidence exists, of all categories",
            "caution": "the list of features was chosen by looking at these same ten conversations",
        }
    }
    write(card | weights)
    recall = measured(conversations, indexes)
    write(card | {"recall_on_the_conversation_left_out": recall} | weights)
    print(yaml.safe_dump(recall, sort_keys=False))


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
    dataset = Path(sys.argv[1] if len(sys.argv) > 1 else "data/raw/locomo10.json")
    make(dataset, KeptIndexes(encoder), f"{encoder.name} {encoder.revision}")


if __name__ == "__main__":
    main()
