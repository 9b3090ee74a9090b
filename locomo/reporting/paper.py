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
class Paper:
    """Both tables, where they are from, and the dataset that they are about."""

    source: str
    dataset: str
    f1: list[ReaderRow]
    rag: list[RagRow]

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
    )
