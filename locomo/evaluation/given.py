"""Predictions that somebody has: in a file, a list or a data frame, as answers to be scored and as full rows."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.dataset import read_predictions
from locomo.dataset.predictions import prediction_of
from locomo.errors import InputError
from locomo.schema import Conversation, Prediction, Usage
from locomo.schema.prediction import base_configuration
from locomo.scoring import Answer, choose, read_answers
from locomo.scoring.answers import answers_of

UNKNOWN: Final = "unknown"
"""The model of answers whose rows do not say which it was."""
_RAG: Final = re.compile(r"rag_(?P<unit>.+)_k(?P<k>\d+)")
_WHOLE: Final = ("category", "index", "k", "repeat")
"""Columns of whole numbers, which a data frame with gaps has as floats."""


def read_given(
    source: Any, conversations: Sequence[Conversation], key: str | None, *, one: bool = False
) -> tuple[list[Answer], list[Prediction]]:
    """Return what is scored, and rows of it for files.

    `source` is a path, a list of rows, or a data frame. `key` names one of several configurations; with `one` there
    may be no others. InputError names the row and the field that is wrong.
    """
    where = str(source) if isinstance(source, str | Path) else "predictions"
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        answers = read_answers(path, conversations)
        rows = _full_file(path)
    else:
        values = _rows(source)
        answers = answers_of([(f"{where}, row {number}", value) for number, value in enumerate(values, start=1)])
        rows = _full(values)
    if key is not None or one:
        answers = choose(answers, key, Path(where))
        kept = {answer.configuration for answer in answers}
        rows = [row for row in rows if row.configuration in kept]
    return answers, rows or _made(answers, conversations)


def _rows(source: Any) -> list[Any]:
    if hasattr(source, "to_dict"):  # pandas
        return [_without_gaps(row) for row in source.to_dict("records")]
    if isinstance(source, Sequence) and not isinstance(source, bytes):
        return [row.model_dump() if isinstance(row, Prediction) else row for row in source]
    raise InputError(f"predictions: found {type(source).__name__}, expected a path, a list of rows or a DataFrame")


def _without_gaps(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in row.items():
        plain = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(plain, float) and math.isnan(plain):
            continue
        found[str(name)] = int(plain) if name in _WHOLE and isinstance(plain, float) else plain
    return found


def _full(values: Sequence[Any]) -> list[Prediction]:
    """Return full rows; none where there are others."""
    try:
        return [prediction_of(value, "") for value in values]
    except InputError:
        return []


def _full_file(path: Path) -> list[Prediction]:
    try:
        return read_predictions(path)
    except InputError:  # rows of somebody else's
        return []


def _made(answers: Sequence[Answer], conversations: Sequence[Conversation]) -> list[Prediction]:
    """Return rows for answers of which no more is known; those to unknown questions are left to scoring to refuse."""
    asked = {
        conversation.question_id(index): (conversation.sample_id, index, question)
        for conversation in conversations
        for index, question in enumerate(conversation.questions)
    }
    return [_row(answer, *asked[answer.id]) for answer in answers if answer.id in asked]


def _row(answer: Answer, sample_id: str, index: int, question: Any) -> Prediction:
    name = base_configuration(answer.configuration)
    repeat = int(answer.configuration.partition("#")[2] or 1) - 1 if name != answer.configuration else 0
    match = _RAG.fullmatch(name) if answer.context_ids is not None else None
    task, unit, k = ("rag", match["unit"], int(match["k"])) if match else ("baseline", name, None)
    if name == "qa":
        task, unit = "qa", None
    return Prediction.model_validate(
        {
            "id": answer.id,
            "sample_id": sample_id,
            "index": index,
            "category": question.category,
            "question": question.question,
            "reference": question.reference,
            "prediction": answer.text,
            "raw": answer.text,
            "context_ids": answer.context_ids or [],
            "task": task,
            "unit": unit,  # any other name has the place of a baseline's, so that it is a configuration's name
            "k": k,
            "model": UNKNOWN,
            "protocol": "",
            "usage": Usage(),
            "request": "",
            "error": answer.error,
            "choice": answer.choice,
            "repeat": repeat,
        }
    )
