"""What rows about questions are held against: the conversations' own questions and turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from locomo.dataset import read_conversations, read_folder
from locomo.files import sha256
from locomo.schema import Conversation, Question
from locomo.validation.tables import plain


def read_data(path: Path) -> list[Conversation]:
    """Read a folder of conversations or a dataset; InputError if there is none, or if anything is wrong with it.

    Those that were read last are kept: a stage checks several outputs about the same conversations.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    return list(_read(path, tuple(sha256(file) if file.is_file() else "" for file in files)))


@lru_cache(maxsize=1)
def _read(path: Path, _: tuple[str, ...]) -> list[Conversation]:
    return read_folder(path) if path.is_dir() else read_conversations(path)


@dataclass(frozen=True)
class Questions:
    """The questions of some conversations by id, and the ids that a context may have, by sample."""

    by_id: dict[str, Question]
    turns: dict[str, set[str]]

    @classmethod
    def of(cls, conversations: Iterable[Conversation], *, every: bool = False) -> Questions:
        """Take them from conversations: those that are asked and counted, or every one."""
        by_id: dict[str, Question] = {}
        turns: dict[str, set[str]] = {}
        for conversation in conversations:
            asked = enumerate(conversation.questions) if every else conversation.chosen()
            by_id |= {conversation.question_id(at): question for at, question in asked}
            summaries = {f"S{session.number}" for session in conversation.sessions}
            turns[conversation.sample_id] = {turn.dia_id for turn in conversation.turns} | summaries
        return cls(by_id, turns)

    @classmethod
    def read(cls, path: Path) -> Questions:
        """Read them from a folder of conversations or from a dataset; InputError if anything is wrong with it."""
        return cls.of(read_data(path))

    def without(self, category: int) -> Questions:
        """Return them without those of a category."""
        kept = {name: question for name, question in self.by_id.items() if question.category != category}
        return Questions(kept, self.turns)

    def about(self, question_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a row about one question must be like; of an unknown one, nothing but that is wrong."""
        question = self.by_id.get(question_id)
        if question is None:
            same = {f"expected_{name}": plain(row.get(name)) for name in ("category", "question", "reference")}
            return {"unknown_question": question_id, **same}
        return {
            "expected_category": question.category,
            "expected_question": question.question,
            "expected_reference": question.reference,
        }

    def coverage(self, file: str, rows: Iterable[tuple[str, Any]], groups: Iterable[str]) -> Any:
        """Return a table of how often each question occurs in each group, of rows of (group, question id).

        Columns: `file`, `id`, `group`, `rows`.
        """
        import pandas

        counts = Counter(rows)
        cells = [(question_id, group) for group in groups for question_id in self.by_id]
        columns = {
            "file": file,
            "id": [question_id for question_id, _ in cells],
            "group": [group for _, group in cells],
            "rows": [counts[group, question_id] for question_id, group in cells],
        }
        return pandas.DataFrame(columns)
