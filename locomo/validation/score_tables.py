"""Scores as tables: rows, the value of each metric, and how often each question is scored in each configuration."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.files import read_json
from locomo.schema import Conversation
from locomo.schema.prediction import ALWAYS_REFUSE
from locomo.validation.finding import found
from locomo.validation.prediction_tables import asked_of, configuration_of, said_in
from locomo.validation.questions import Questions, read_data
from locomo.validation.recompute import NOTHING_AGAIN, Cell, Recompute, Row
from locomo.validation.tables import Tables, as_object, frame, json_objects, number, plain, shown, table

_ROWS: Final = (
    *("file", "id", "configuration", "unknown_question", "category", "expected_category", "f1", "missing_f1"),
    *(
        "missing_recall",
        "has_evidence",
        "expected_has_evidence",
        "has_context",
        "error",
        "expected_error",
        "bad_failure",
    ),
    "unknown_configuration",
)
_COMPUTED: Final = ("bad_f1", "bad_recall", "bad_overlap")
_VALUES: Final = ("file", "id", "metric", "value", "bad_value")
_COMPUTED_ANEW: Final = 2_500
"""Rows that are scored again; of more, a sample."""
METRIC_DECIMALS: Final = 4
"""Of the means in metrics files."""
_NO_METRICS: Final = frozenset(
    {"id", "configuration", "category", "has_evidence", "has_context", "error", "judge_error", "index", "k"}
)


def score_tables(
    path: Path,
    data: Path,
    predictions: Sequence[Path],
    metrics: Sequence[Path] = (),
    again: Recompute = NOTHING_AGAIN,
) -> Tables:
    """Return the tables of scores of these predictions; without any, configurations are taken as they come.

    InputError if one of the files cannot be read.
    """
    conversations = read_data(data)
    questions = Questions.of(conversations)
    errors: dict[Cell, str | None] = {}
    said = set()
    for row in _rows(*predictions):  # two of them, where both orders of the options were asked
        cell = sys.intern(configuration_of(row)), sys.intern(str(row.get("id")))
        errors[cell] = errors.get(cell) or row.get("error")
        said.add(said_in(row))
    means = table(("file", "id", "mean", "expected_mean"), _means(path, metrics, again))
    expected = list(dict.fromkeys(configuration for configuration, _ in errors))
    file = shown(path)
    values: dict[str, list[Any]] = {name: [] for name in _VALUES}

    def rows() -> Iterator[dict[str, Any]]:
        for at, value in json_objects(path):
            place = f"{file}, row {at}"
            for each in _values(place, value):
                for column, cell_value in zip(values.values(), each, strict=True):
                    column.append(cell_value)
            yield _row(value, questions, errors) | {"file": place}

    scores = table(_ROWS, rows())
    cells = list(zip(scores["configuration"], scores["id"], strict=True))
    computed = _computed(conversations, predictions, cells, again)
    scores[[*_COMPUTED]] = table(
        _COMPUTED, (_unlike(row, computed.get(cell)) for row, cell in zip(_rows(path), cells, strict=True))
    )
    scored = list(dict.fromkeys(configuration for configuration, _ in cells))
    configurations = expected + [name for name in scored if name == ALWAYS_REFUSE] if expected else scored
    return {
        "scores": scores,
        "values": frame(values),
        "means": means,
        "coverage": asked_of(questions, said).coverage(file, cells, configurations or ["none"]),
    }


def _rows(*paths: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of the files that there are. They are read again where they are needed again: none is held."""
    return (row for path in paths if path.exists() for _, row in json_objects(path))


def _computed(
    conversations: Sequence[Conversation], predictions: Sequence[Path], cells: Sequence[Cell], again: Recompute
) -> dict[Cell, dict[str, Any]]:
    """Return scores computed again, of all cells or of a sample of them."""
    cells = list(dict.fromkeys(cells))
    if again.scores is None:
        return {}
    if len(cells) > _COMPUTED_ANEW:
        cells = random.Random(len(cells)).sample(cells, _COMPUTED_ANEW)  # noqa: S311  (a sample)
    return again.scores(conversations, _rows(*predictions), frozenset(cells))


def _unlike(row: Row, computed: Mapping[str, Any] | None) -> dict[str, str]:
    """Return which metrics of a row are not those that were computed again, as columns."""
    wrong: dict[str, str] = {}
    for metric, value in (computed or {}).items():
        given = number(row.get(metric))
        if given is None or value is None:
            fine = row.get(metric) is None and value is None
        else:
            fine = math.isclose(given, value, abs_tol=1e-9)
        if not fine:
            said = f"{found(row.get(metric))}, expected {found(value)}"
            if metric in ("f1", "recall"):
                wrong[f"bad_{metric}"] = said
            else:
                wrong.setdefault("bad_overlap", f"{metric} {said}")
    return wrong


def _means(scores: Path, metrics: Sequence[Path], again: Recompute) -> Iterator[dict[str, Any]]:
    """Every mean of the metrics files, beside that of the scores; of a metric that files lack, the expected one."""
    present = [path for path in metrics if path.is_file()]
    if again.means is None or not present:
        return
    expected = again.means(_rows(scores))
    seen = set()
    for path in present:
        for name, configurations in as_object(read_json(path)).items():
            if name not in expected or not isinstance(configurations, dict):
                continue  # what identifies the run
            seen.add(name)
            cells = {
                (configuration, group)
                for source in (configurations, expected[name])
                for configuration, groups in source.items()
                for group in as_object(groups)
            }
            for configuration, group in sorted(cells):
                value = expected[name].get(configuration, {}).get(group)
                yield {
                    "file": shown(path),
                    "id": f"{name} {configuration} {group}",
                    "mean": plain(as_object(configurations.get(configuration)).get(group)),
                    "expected_mean": None if value is None else round(value, METRIC_DECIMALS),
                }
    for name in sorted(expected.keys() - seen) if expected and len(present) == len(metrics) else []:
        yield {"file": shown(present[0]), "id": name, "mean": None, "expected_mean": "a metric of this name"}


def _row(value: dict[str, Any], questions: Questions, errors: Mapping[Cell, str | None]) -> dict[str, Any]:
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
        "missing_f1": "null" if value.get("f1") is None and (question is None or question.kind.compared) else None,
        "missing_recall": "null" if value.get("recall") is None and value.get("has_evidence") is not False else None,
        "has_evidence": value.get("has_evidence"),
        "expected_has_evidence": bool(question.evidence) if as_released and question else value.get("has_evidence"),
        "has_context": value.get("has_context"),
        "error": error,
        "expected_error": errors.get((configuration, question_id), error),
        "bad_failure": f"f1 of {value.get('f1')} beside an error" if failed else None,
        "unknown_configuration": None if known or question is None else configuration,
    }


def _values(place: str, row: Row) -> Iterator[tuple[Any, ...]]:
    """Every value of a row that is a metric's, whichever metrics there are: a row of `_VALUES` each."""
    name = f"{row.get('id')} {row.get('configuration')}"
    for metric, value in row.items():
        if metric not in _NO_METRICS and value is not None:
            fine = number(value)
            yield place, name, sys.intern(metric), fine, str(value) if fine is None else None
