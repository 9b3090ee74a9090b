"""Predictions against the calls that they came from: the model's words read again, and the request cache."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from locomo.validation.finding import found
from locomo.validation.questions import Questions
from locomo.validation.recompute import Recompute, Stored
from locomo.validation.tables import as_object

_LOOKED_UP: Final = 6_000
"""Rows of a file that are compared with the request cache; of more, a sample."""


class Exchange(NamedTuple):
    """What a row says of its call."""

    request: str
    question: str
    raw: Any
    error: Any

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Exchange:
        """Take it from a row."""
        return cls(str(row.get("request")), str(row.get("question")).strip(), row.get("raw"), row.get("error"))


def reread(row: Mapping[str, Any], questions: Questions, again: Recompute) -> dict[str, Any]:
    """Return what the protocol reads in the model's words of a row, as columns."""
    prediction, raw = row.get("prediction"), row.get("raw")
    choice = as_object(row.get("choice"))
    question_id = str(row.get("id"))
    question = questions.by_id.get(question_id)
    if again.reading is None or question is None or row.get("error"):
        return {"expected_prediction": prediction}
    if not isinstance(raw, str):
        return {"expected_prediction": None}
    expected, taken = again.reading(question_id, question, raw, choice.get("refusal"))
    same = choice.get("taken") == taken
    return {"expected_prediction": expected, "bad_choice": None if same else found(choice.get("taken"))}


OF_REQUESTS: Final = ("bad_request", "bad_prompt", "bad_exchange", "bad_cached")


def against_requests(rows: Sequence[Exchange], again: Recompute) -> Iterator[dict[str, Any]]:
    """Yield, for each row, what is wrong with its request and its answer, as the columns `OF_REQUESTS`."""
    asked: dict[str, Exchange] = {}
    stored = _stored(rows, again)
    other = [_other(row, stored) for row in rows]
    exchanged = {(row.raw, cached) for row, cached in zip(rows, other, strict=True) if cached is not None}
    for row, cached in zip(rows, other, strict=True):
        entry = stored.get(row.request)
        swapped = cached is not None and (cached, row.raw) in exchanged
        yield {
            "bad_request": None if asked.setdefault(row.request, row) == row else row.request,
            "bad_prompt": None if entry is None or row.question in entry.prompt else row.question,
            "bad_exchange": found(row.raw) if swapped else None,
            "bad_cached": None if cached is None or swapped else f"{found(row.raw)}, cached {found(cached)}",
        }


def _stored(rows: Sequence[Exchange], again: Recompute) -> dict[str, Stored]:
    if again.stored is None:
        return {}
    keys = list(dict.fromkeys(row.request for row in rows))
    if len(keys) > _LOOKED_UP:
        keys = random.Random(len(keys)).sample(keys, _LOOKED_UP)  # noqa: S311  (a sample)
    return again.stored(keys)


def _other(row: Exchange, stored: Mapping[str, Stored]) -> str | None:
    """Return the cached answer of a row where it is not the row's; None where it is, or where none is cached."""
    entry = stored.get(row.request)
    return None if entry is None or row.error or entry.answer == row.raw else entry.answer
