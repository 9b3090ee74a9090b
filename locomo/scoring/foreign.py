"""Reading answer files of other harnesses: rows in groups, known by the words of their questions.

Groups are named by the sample's id or its place ("0", "locomo_exp_user_3"), by category, or by nothing that matters.
What a row's fields mean is told by their names: see `_ANSWERS`, `_GOLDS`, `_QUESTIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from locomo.errors import InputError
from locomo.schema import Conversation

_QUESTIONS: Final = ("question", "query", "question_text")
_ANSWERS: Final = (
    *("prediction", "response", "generated_answer", "model_answer", "predicted_answer", "system_answer"),
    *("hypothesis", "model_response", "generated", "output"),
)
_GOLDS: Final = (
    *("gold", "gold_answer", "golden_answer", "reference", "reference_answer", "expected_answer", "ground_truth"),
    *("groundTruth", "expected"),
)
_SAMPLES: Final = ("sample_id", "conversation_id", "conv_id", "sample", "sample_idx", "conversation_idx", "conv_idx")
_IDS: Final = ("id", "question_id", "questionId", "qid")
_PLACE: Final = re.compile(r"(?:.*\D)?(\d+)")
_TOLD: Final = 5
"""So many troubles are told one by one."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of a row, to question `id`."""

    id: str
    answer: Any
    where: str
    values: Mapping[str, Any]
    """The whole row."""
    groups: tuple[str, ...]
    """Names of the groups that the row is in, the outermost first."""


@dataclass(frozen=True, slots=True)
class _Row:
    values: Mapping[str, Any]
    groups: tuple[str, ...]
    where: str


def read_foreign(
    parts: Sequence[tuple[str, Any]], conversations: Sequence[Conversation], noted: list[str] | None = None
) -> list[Found]:
    """Return the answers in (place, value) pairs of another harness's file.

    InputError tells all that is unclear; with `noted` the troubles are added to it, and their rows are left out.
    """
    rows = [row for where, value in parts for row in _rows(value, (), where)]
    if not rows:
        raise InputError(
            f"{parts[0][0]}: no answers in it; expected rows with 'id' and 'prediction', the original code's list of "
            f"samples with '<name>_prediction', or rows with a question and an answer ({', '.join(_ANSWERS)})"
        )
    finder = _Finder(conversations)
    found: list[Found] = []
    troubles: list[str] = []
    for row in rows:
        try:
            found.append(Found(finder.question_of(row), _answer(row), row.where, row.values, row.groups))
        except InputError as error:
            troubles.append(str(error))
    tell(troubles, len(rows), noted)
    return found


def tell(troubles: Sequence[str], rows: int, noted: list[str] | None = None) -> None:
    """InputError that tells all troubles; with `noted` they are added to it instead."""
    if noted is not None:
        noted.extend(troubles)
    elif troubles:
        raise InputError(told(troubles, rows))


def told(troubles: Sequence[str], rows: int) -> str:
    """Return troubles in one line: the first ones, and how many there are."""
    if len(troubles) == 1:
        return troubles[0]
    rest = f"; and {len(troubles) - _TOLD} more" if len(troubles) > _TOLD else ""
    return f"{'; '.join(troubles[:_TOLD])}{rest} ({len(troubles)} of {rows} rows cannot be read)"


def _rows(value: Any, groups: tuple[str, ...], where: str) -> Iterator[_Row]:
    """Yield the rows in lists and objects, however deep, with the keys that lead to them."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _rows(each, groups, f"{where}[{index}]")
    elif isinstance(value, dict):
        if any(isinstance(value.get(name), str) for name in _QUESTIONS):
            yield _Row(value, groups, where)
            return
        own = tuple(str(value[name]) for name in _SAMPLES if isinstance(value.get(name), str | int))
        for key, each in value.items():
            if isinstance(each, list | dict):
                yield from _rows(each, (*groups, *own, key), f"{where}.{key}" if groups else f"{where}: {key}")


def _answer(row: _Row) -> Any:
    """Return the answer of a row; 'answer' is one where another field has the gold."""
    names = [name for name in _ANSWERS if name in row.values]
    if not names and "answer" in row.values and any(name in row.values for name in _GOLDS):
        names = ["answer"]
    if not names:
        raise InputError(f"{row.where}: no answer; expected one of the fields {', '.join(_ANSWERS)}")
    if len(names) > 1 and len({str(row.values[name]) for name in names}) > 1:
        raise InputError(f"{row.where}: {' and '.join(names)} differ; keep the one that is the answer")
    return row.values[names[0]]


class _Finder:
    """Finds the question that a row answers, each one once."""

    def __init__(self, conversations: Sequence[Conversation]) -> None:
        self._conversations = conversations
        self._by_text: dict[str, list[str]] = {}
        self._golds: dict[str, str] = {}
        for each in conversations:
            for index, question in enumerate(each.questions):
                name = each.question_id(index)
                self._by_text.setdefault(_plain(question.question), []).append(name)
                self._golds[name] = _plain(question.reference or question.adversarial_answer or "")
        self._taken: set[str] = set()

    def question_of(self, row: _Row) -> str:
        """Return the id of the question that a row answers; InputError where that is none or several."""
        text = next(str(row.values[name]) for name in _QUESTIONS if isinstance(row.values.get(name), str))
        candidates = self._by_text.get(_plain(text), [])
        if not candidates:
            raise InputError(f"{row.where}: question {text!r} is not in the dataset")
        given = next((row.values[name] for name in _IDS if row.values.get(name) in candidates), None)
        if given is None:
            given = self._chosen(row, candidates)
        if given is None:
            raise InputError(
                f"{row.where}: question {text!r} is in the dataset as {' and '.join(candidates)}; "
                "say which with 'sample_id' or 'id'"
            )
        self._taken.add(given)
        return str(given)

    def _chosen(self, row: _Row, candidates: list[str]) -> str | None:
        """Return the only candidate of the row's sample, or of its gold; of several alike, the first one not taken."""
        samples = self._samples(row)
        kept = [name for name in candidates if not samples or name.rpartition(":")[0] in samples]
        if not kept:
            raise InputError(
                f"{row.where}: the question is of {' and '.join(candidates)}, not of {' or '.join(samples)}"
            )
        gold = next((_plain(str(row.values[name])) for name in (*_GOLDS, "answer") if name in row.values), None)
        if len(kept) > 1 and (same := [name for name in kept if self._golds[name] == gold]):
            kept = same
        free = [name for name in kept if name not in self._taken] or kept
        alike = len({name.rpartition(":")[0] for name in kept}) == 1
        return free[0] if len(free) == 1 or alike else None

    def _samples(self, row: _Row) -> list[str]:
        """Return the samples that a row, or the groups that it is in, name by id or by place."""
        ids = [each.sample_id for each in self._conversations]
        named = [str(row.values[name]) for name in _SAMPLES if row.values.get(name) is not None]
        for name in (*named, *reversed(row.groups)):
            if name in ids:
                return [name]
            match = _PLACE.fullmatch(name)
            if match and int(match[1]) < len(ids):
                return [ids[int(match[1])]]
        return []


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
