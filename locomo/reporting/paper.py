"""The paper's own numbers, to stand beside a run's: `paper.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import yaml


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """F1 in percent of one reader with the conversation as context: by category 1 to 5, then overall (Table 2)."""

    model: str
    context: str | None
    f1: list[float]


@dataclass(frozen=True, slots=True)
class RagRow:
    """Overall F1 of gpt-3.5-turbo, and the recall of DRAGON, in percent, with the k best of a unit (Table 3)."""

    unit: str
    k: int
    f1: float
    recall: float


@dataclass(frozen=True, slots=True)
class EventsRow:
    """In percent, ROUGE-1, -2 and -L of a model's event summaries, and precision, recall and F1 of facts (Table 4)."""

    model: str
    context: str | None
    rouge: list[float]
    fact: list[float]


@dataclass(frozen=True, slots=True)
class DialogueRow:
    """In percent, BLEU-1, BLEU-2, ROUGE-L and MM-Relevance of turns that MiniGPT-5 writes (Table 7)."""

    condition: str
    values: list[float]


@dataclass(frozen=True, slots=True)
class Paper:
    """The tables, where they are from, and the dataset that they are about."""

    source: str
    dataset: str
    f1: list[ReaderRow]
    rag: list[RagRow]
    events: list[EventsRow]
    dialogue: list[DialogueRow]

    def recall(self, unit: str, k: int) -> float | None:
        """Return the recall of the paper's retriever as a share of 1; None where the paper has no such row."""
        return next((row.recall / 100 for row in self.rag if (row.unit, row.k) == (unit, k)), None)


@lru_cache(maxsize=1)
def paper() -> Paper:
    """Return the paper's numbers."""
    data = yaml.safe_load(files("locomo.reporting").joinpath("paper.yaml").read_text(encoding="utf-8"))
    return Paper(
        data["source"],
        data["dataset"],
        [ReaderRow(**row) for row in data["f1"]],
        [RagRow(**row) for row in data["rag"]],
        [EventsRow(**row) for row in data["events"]],
        [DialogueRow(**row) for row in data["dialogue"]],
    )
