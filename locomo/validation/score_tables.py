"""Scores as tables: rows, the value of each metric, and how often each question is scored in each configuration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.schema.prediction import ALWAYS_REFUSE
from locomo.validation.prediction_tables import asked_of, configuration_of
from locomo.validation.questions import Questions
from locomo.validation.tables import Tables, json_objects, number, plain, shown, table

_ROWS: Final = (
    *("file", "id", "configuration", "unknown_question", "category", "expected_category", "f1", "missing_recall"),
    *("has_evidence", "expected_has_evidence", "has_context", "error", "expected_error", "bad_failure"),
    "unknown_configuration",
)
_NO_METRICS: Final = frozenset(
    {"id", "configuration", "category", "has_evidence", "has_context", "error", "judge_error", "index", "k"}
)


def score_tables(path: Path, data: Path, predictions: Sequence[Path]) -> Tables:
    """Return the tables of scores of these predictions; without any, configurations are taken as they come.

    InputError if one of the files cannot be read.
    """
    questions = Questions.read(data)
    answers = [row for each in predictions if each.exists() for _, row in json_objects(each)]
    errors: dict[tuple[str, str], str | None] = {}
    for row in answers:  # two of them, where both orders of the options were asked
        cell = configuration_of(row), str(row.get("id"))
        errors[cell] = errors.get(cell) or row.get("error")
    expected = list(dict.fromkeys(configuration for configuration, _ in errors))
    file = shown(path)
    objects = json_objects(path)
    rows = [_row(value, questions, errors) | {"file": f"{file}, row {at}"} for at, value in objects]
    scored = list(dict.fromkeys(row["configuration"] for row in rows))
    configurations = expected + [name for name in scored if name == ALWAYS_REFUSE] if expected else scored
    return {
        "scores": table(_ROWS, rows),
        "values": table(("file", "id", "metric", "value", "bad_value"), _values(file, objects)),
        "coverage": asked_of(questions, answers).coverage(
            file, ((row["configuration"], row["id"]) for row in rows), configurations or ["none"]
        ),
    }


def _row(value: dict[str, Any], questions: Questions, errors: dict[tuple[str, str], str | None]) -> dict[str, Any]:
    question_id, configuration, error = str(value.get("id")), str(value.get("configuration")), value.get("error")
    question = questions.by_id.get(question_id)
    both_orders = value.get("unparsable") is not None  # one of them may have failed alone
    failed = error is not None and number(value.get("f1")) not in {0, None} and not both_orders
    known = not errors or (configuration, question_id) in errors or configuration == ALWAYS_REFUSE
    as_released = question is not None and value.get("recall") is not None  # else its evidence names no turn
    return {
        **questions.about(question_id, value),
        "id": question_id,
        "configuration": configuration,
        "category": plain(value.get("category")),
        "f1": plain(value.get("f1")),
        "missing_recall": "null" if value.get("recall") is None and value.get("has_evidence") is not False else None,
        "has_evidence": value.get("has_evidence"),
        "expected_has_evidence": bool(question.evidence) if as_released and question else value.get("has_evidence"),
        "has_context": value.get("has_context"),
        "error": error,
        "expected_error": errors.get((configuration, question_id), error),
        "bad_failure": f"f1 of {value.get('f1')} beside an error" if failed else None,
        "unknown_configuration": None if known or question is None else configuration,
    }


def _values(file: str, objects: list[tuple[int, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Every value that is a metric's, whichever metrics there are."""
    for at, row in objects:
        for metric, value in row.items():
            if metric not in _NO_METRICS and value is not None:
                fine = number(value)
                yield {
                    "file": f"{file}, row {at}",
                    "id": f"{row.get('id')} {row.get('configuration')}",
                    "metric": metric,
                    "value": fine,
                    "bad_value": str(value) if fine is None else None,
                }
