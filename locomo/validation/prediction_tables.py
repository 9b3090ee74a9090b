"""Predictions as tables: rows, configurations, and how often each question is answered in each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from locomo.schema.prediction import LONGEST_ANSWER, configuration_name
from locomo.validation.contexts import Contexts
from locomo.validation.expected import NOTHING, Expected
from locomo.validation.finding import found
from locomo.validation.questions import Questions, read_data
from locomo.validation.recompute import NOTHING_AGAIN, Recompute
from locomo.validation.requests import OF_REQUESTS, Exchange, against_requests, reread
from locomo.validation.tables import (
    Tables,
    as_list,
    as_object,
    few,
    json_objects,
    kind,
    number,
    plain,
    shown,
    table,
    unseen,
)

_ROWS: Final = (
    *("file", "id", "configuration", "unknown_question", "sample_id", "expected_sample_id", "index"),
    *("expected_index", "category", "expected_category", "question", "expected_question", "reference"),
    *("expected_reference", "prediction", "missing_prediction", "bad_prediction", "raw", "context_list"),
    *("unknown_context_id", "task", "bad_unit", "bad_k", "model", "protocol", "bad_usage", "request", "bad_order"),
    *("unknown_configuration", "bad_protocol", "expected_prediction", "bad_choice", "bad_context"),
    *("bad_characters", "too_long"),
)
_CONFIGURATIONS: Final = ("file", "id", "rows", "models", "most_common_answer", "share", "failed")

_MAY_LACK_ADVERSARIAL: Final = "judge"
"""The protocol whose answers may leave category 5 out, as many published ones do."""
_MOST_TOKENS: Final = 100_000_000
"""Of one call: ten times the largest context window there is."""
_MOST_USD: Final = 0.1
"""Of one token: a hundred times the dearest model there is."""
_ENOUGH: Final = 10
"""Rows of a configuration from which on it says something that many of them are alike."""


def prediction_tables(
    path: Path,
    data: Path,
    expected: Expected = NOTHING,
    shown_from: tuple[Path | None, Path | None] = (None, None),
    again: Recompute = NOTHING_AGAIN,
) -> Tables:
    """Return the tables of a predictions file (`qa.jsonl`, or of one's own with `id` and `prediction` alone).

    InputError if either it or the conversations at `data` cannot be read.
    """
    conversations = read_data(data)
    questions = Questions.of(conversations)
    contexts = Contexts(conversations, *shown_from)
    file = shown(path)
    order = {question_id: at for at, question_id in enumerate(questions.by_id)}
    exchanges: list[Exchange] = []
    puts: list[tuple[tuple[str, str], Any]] = []
    said: set[Said] = set()

    def rows() -> Iterator[dict[str, Any]]:
        before: tuple[int, str, int, str, int] = (-1, "", 0, "", 0)
        for at, value in json_objects(path):
            place = _place(value, order)
            row = _row(value, questions) | {"file": f"{file}, row {at}"}
            row |= reread(value, questions, again)
            name, known = row["configuration"], expected.configurations
            row["bad_context"] = contexts.wrong(value, questions.by_id.get(row["id"]))
            row["bad_order"] = row["id"] if place < before else None
            row["unknown_configuration"] = None if known is None or name in known else name
            row["bad_protocol"] = None if expected.protocol in (None, row["protocol"]) else row["protocol"]
            exchanges.append(Exchange.of(value))
            puts.append(((name, row["id"]), as_object(value.get("choice")).get("refusal")))
            said.add(said_in(row))
            before = place
            yield row

    predictions = table(_ROWS, rows())
    requests = table(OF_REQUESTS, against_requests(exchanges, again))
    predictions[requests.columns] = requests
    answers: dict[str, list[tuple[Any, ...]]] = {}
    for name, *answer in predictions[["configuration", "prediction", "model"]].itertuples(index=False, name=None):
        answers.setdefault(name, []).append(tuple(answer))
    wanted = list(answers) or ["none"] if expected.configurations is None else expected.configurations
    return {
        "predictions": predictions,
        "configurations": table(_CONFIGURATIONS, (_configuration(file, *each) for each in answers.items())),
        "coverage": asked_of(questions, said).coverage(file, _asked(puts), wanted),
    }


Said = tuple[Any, bool]
"""The protocol of a row, and whether its question is of category 5."""


def said_in(row: Mapping[str, Any]) -> Said:
    """Return what decides which questions rows have to answer."""
    return row.get("protocol"), row.get("category") == 5


def asked_of(questions: Questions, said: Collection[Said]) -> Questions:
    """Return the questions that rows have to answer of which this is all that they say (see `said_in`)."""
    return questions.without(5) if set(said) == {(_MAY_LACK_ADVERSARIAL, False)} else questions


def _asked(puts: Iterable[tuple[tuple[str, str], Any]]) -> Iterator[tuple[str, str]]:
    """Return (configuration, question id) once a question: where options were put in both orders, for the second.

    Of each row, `puts` has these two and the letter of "not mentioned".
    """
    both: dict[tuple[str, str], set[Any]] = {}
    for cell, refusal in puts:
        if refusal is None:
            yield cell
        elif refusal in both.setdefault(cell, set()):
            yield from (cell, cell)
        else:
            both[cell].add(refusal)
            if len(both[cell]) == 2:
                yield cell


def configuration_of(value: Mapping[str, Any]) -> str:
    """Return the name of a row's configuration, as `Prediction.configuration`."""
    unit, repeat = value.get("unit"), number(value.get("repeat"))
    return configuration_name(
        str(value.get("task") or "qa"), None if unit is None else str(unit), value.get("k"), int(repeat or 0)
    )


def _place(value: dict[str, Any], order: dict[str, int]) -> tuple[int, str, int, str, int]:
    k, repeat = number(value.get("k")), number(value.get("repeat"))
    put = str(as_object(value.get("choice")).get("refusal") or "")
    return order.get(str(value.get("id")), -1), str(value.get("unit") or ""), int(k or 0), put, int(repeat or 0)


def _row(value: dict[str, Any], questions: Questions) -> dict[str, Any]:
    question_id = str(value.get("id"))
    sample_id, _, index = question_id.rpartition(":")
    prediction, error, task = value.get("prediction"), value.get("error"), value.get("task")
    turns = questions.turns.get(sample_id, set())
    return {
        **{name: plain(value.get(name)) for name in ("sample_id", "index", "category", "question", "reference")},
        **{name: plain(value.get(name)) for name in ("prediction", "raw", "task", "model", "protocol", "request")},
        **questions.about(question_id, value),
        "id": question_id,
        "configuration": configuration_of(value),
        "expected_sample_id": sample_id,
        "expected_index": int(index) if index.isdecimal() else index,
        "missing_prediction": "null without an error" if prediction is None and not error else None,
        "bad_prediction": f"{prediction!r} beside an error" if prediction is not None and error else None,
        "context_list": kind(value.get("context_ids")),
        "unknown_context_id": few(dia_id for dia_id in as_list(value.get("context_ids")) if dia_id not in turns),
        "bad_unit": value.get("unit") if task == "qa" else _unless(isinstance(value.get("unit"), str), value, "unit"),
        "bad_k": _unless(_whole(value.get("k"), least=1), value, "k") if task == "rag" else value.get("k"),
        "bad_characters": unseen(prediction),
        "too_long": _too_long(prediction),
        "bad_usage": _bad_usage(value.get("usage")),
    }


def _unless(fine: bool, value: dict[str, Any], name: str) -> str | None:
    return None if fine else str(value.get(name))


def _too_long(prediction: Any) -> str | None:
    size = len(prediction) if isinstance(prediction, str) else 0
    return f"{size:,} characters" if size > LONGEST_ANSWER else None


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _bad_usage(value: Any) -> str | None:
    """What is wrong with a row's usage: counts are whole numbers, and a cost is one of at least 0 or not known."""
    usage = as_object(value)
    for name in ("input_tokens", "cached_tokens", "output_tokens"):
        if not _whole(usage.get(name), least=0) or usage[name] > _MOST_TOKENS:
            return f"{name}: {found(usage.get(name))}"
    if usage["cached_tokens"] > usage["input_tokens"]:
        return f"cached_tokens: {usage['cached_tokens']} of {usage['input_tokens']}"
    cost = usage.get("cost_usd")
    most = _MOST_USD * max(1, usage["input_tokens"] + usage["output_tokens"])
    fine = cost is None or (number(cost) is not None and 0 <= cost <= most)
    return None if fine else f"cost_usd: {found(cost)}"


def _configuration(file: str, name: str, its: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """Return counts over the (prediction, model) pairs of one configuration; shares are of its rows, in [0, 1]."""
    answers = Counter(str(prediction) for prediction, _ in its if prediction is not None)
    answer, times = answers.most_common(1)[0] if answers else (None, 0)
    return {
        "file": file,
        "id": name,
        "rows": len(its),
        "models": len({str(model) for _, model in its}),
        "most_common_answer": answer,
        "share": times / len(its) if len(its) >= _ENOUGH else None,
        "failed": sum(prediction is None for prediction, _ in its) / len(its),
    }
