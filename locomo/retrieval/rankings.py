"""What a retriever ranked for each question, kept so that it can be scored without retrieving again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from locomo.errors import InputError
from locomo.files import each_jsonl, write_jsonl
from locomo.retrieval.retriever import Hit, Retriever
from locomo.retrieval.units import UNITS
from locomo.schema import Conversation

DEPTH = 100
"""Units that are kept of each ranking."""


class Recorded:
    """A `Retriever` that ranks as another one does, and notes the first `DEPTH` of each ranking."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever
        self.rows: list[dict[str, object]] = []

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`. Memories are not kept: they have no place among the units of a conversation."""
        if unit not in UNITS:
            return self._retriever.rank(conversation, unit, questions, k)
        ranked = self._retriever.rank(conversation, unit, questions, max(k, DEPTH))
        place = {each: number for number, each in enumerate(UNITS[unit](conversation))}
        for index, hits in enumerate(ranked):
            if unknown := [hit.unit for hit in hits if hit.unit not in place]:
                raise InputError(
                    f"the retriever found {unknown[0]}, none of the units '{unit}' of {conversation.sample_id}; "
                    "expected hits of those that `UNITS[unit](conversation)` lists (see locomo.retrieval.units)"
                )
            places = [place[hit.unit] for hit in hits[:DEPTH]]
            self.rows.append({"id": conversation.question_id(index), "unit": unit, "ranking": places})
        return [hits[:k] for hits in ranked]

    def write(self, path: Path) -> None:
        """Write one row a question and kind of unit: places among the units of its conversation, best first."""
        write_jsonl(path, self.rows)


class Rankings:
    """A `Retriever` of the dataset's questions that reads what `Recorded` has written; InputError if it cannot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[tuple[str, str], list[int]] = {}
        try:
            for _, row in each_jsonl(path):
                self._places[row["unit"], row["id"]] = row["ranking"]
        except (KeyError, TypeError):
            raise InputError(f"{path}: not the rankings of a run; run `dvc repro rag`") from None

    @property
    def units(self) -> list[str]:
        """The kinds of units that were ranked, in the order of the file."""
        return list(dict.fromkeys(unit for unit, _ in self._places))

    def rank(self, conversation: Conversation, unit: str, questions: Sequence[str], k: int) -> list[list[Hit]]:
        """See `Retriever`; the questions have to be all those of the conversation."""
        units = UNITS[unit](conversation)
        try:
            ranked = [self._places[unit, conversation.question_id(index)][:k] for index in range(len(questions))]
            return [[Hit(units[place], float(-rank)) for rank, place in enumerate(places)] for places in ranked]
        except (KeyError, IndexError):
            raise InputError(f"{self._path}: not of {conversation.sample_id}; run `dvc repro rag`") from None
