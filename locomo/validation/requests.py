"""Predictions against the calls that they came from: the model's words read again, and the request cache."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from locomo.validation.finding import found
from locomo.validation.questions import Questions
from locomo.validation.recompute import Recompute, Stored
from locomo.validation.tables import as_object

_LOOKED_UP: Final = 6_000
"""Rows of a file that are compared with the request cache; of more, a sample."""


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


def against_requests(rows: Sequence[Mapping[str, Any]], again: Recompute) -> Iterator[dict[str, Any]]:
    """Yield, for each row, what is wrong with its request and its answer, as columns."""
    asked: dict[str, tuple[Any, ...]] = {}
    stored = _stored(rows, again)
    other = [_other(row, stored) for row in rows]
    exchanged = {(row.get("raw"), cached) for row, cached in zip(rows, other, strict=True) if cached is not None}
    for row, cached in zip(rows, other, strict=True):
        key = str(row.get("request"))
        said = str(row.get("question")).strip(), row.get("raw"), row.get("error")
        entry = stored.get(key)
        question = str(row.get("question")).strip()
        swapped = cached is not None and (cached, row.get("raw")) in exchanged
        yield {
            "bad_request": None if asked.setdefault(key, said) == said else key,
            "bad_prompt": None if entry is None or question in entry.prompt else question,
            "bad_exchange": found(row.get("raw")) if swapped else None,
            "bad_cached": None if cached is None or swapped else f"{found(row.get('raw'))}, cached {found(cached)}",
        }


def _stored(rows: Sequence[Mapping[str, Any]], again: Recompute) -> dict[str, Stored]:
    if again.stored is None:
        return {}
    keys = list(dict.fromkeys(str(row.get("request")) for row in rows))
    if len(keys) > _LOOKED_UP:
        keys = random.Random(len(keys)).sample(keys, _LOOKED_UP)  # noqa: S311  (a sample)
    return again.stored(keys)


def _other(row: Mapping[str, Any], stored: Mapping[str, Stored]) -> str | None:
    """Return the cached answer of a row where it is not the row's; None where it is, or where none is cached."""
    entry = stored.get(str(row.get("request")))
    return None if entry is None or row.get("error") or entry.answer == row.get("raw") else entry.answer
