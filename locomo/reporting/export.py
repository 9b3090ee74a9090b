"""The answers of a run with what they earned, in formats of others: the original's JSON, CSV, Parquet, datasets."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locomo.dataset import released_shape
from locomo.errors import InputError, did_you_mean
from locomo.files import pretty_json, write_text
from locomo.schema import Conversation, Prediction, Score, category_name
from locomo.scoring import METRICS, Answer, metric_names, scoring_protocol

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS: Final = {
    "id": "string",
    "sample_id": "string",
    "index": "int64",
    "category": "int64",
    "category_name": "string",
    "configuration": "string",
    "task": "string",
    "unit": "string",
    "k": "int64",
    "repeat": "int64",
    "question": "string",
    "reference": "string",
    "prediction": "string",
    "raw": "string",
    "error": "string",
    "context_ids": "list",
    "model": "string",
    "protocol": "string",
    "input_tokens": "int64",
    "cached_tokens": "int64",
    "output_tokens": "int64",
    "cost_usd": "double",
}
"""Name to type of the columns before those of the metrics."""


def write_export(
    path: Path, form: str, conversations: Sequence[Conversation], predictions: Sequence[Prediction], scores: list[Score]
) -> None:
    """Write a run to `path`, a file or for `datasets` a folder, whole or not at all.

    InputError for an unknown form, for a folder that is not empty, or where a library is missing.
    """
    if form not in FORMS:
        raise InputError(f"--to {form}: expected {', '.join(FORMS)}{did_you_mean(form, FORMS)}")
    by_key = {(score.id, score.configuration): score for score in scores}
    if path.is_dir():
        _check_empty(path)
    if form == "original":
        write_text(path, pretty_json(original(conversations, predictions, by_key)))
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    try:
        TABLES[form](table(predictions, by_key), partial)
        if path.is_dir():
            path.rmdir()
        os.replace(partial, path)
    finally:
        if partial.is_dir():
            shutil.rmtree(partial)
        partial.unlink(missing_ok=True)


def original(
    conversations: Sequence[Conversation],
    predictions: Iterable[Prediction],
    scores: Mapping[tuple[str, str], Score],
) -> list[dict[str, Any]]:
    """Return the output of the original evaluation code: each sample's questions, with answers beside them.

    Under the name of each configuration: `<name>_prediction`, `<name>_prediction_context`, `<name>_f1`,
    `<name>_recall`. A failed call has null for its prediction.
    """
    samples: dict[str, dict[str, Any]] = {}
    for conversation in conversations:
        samples[conversation.sample_id] = {
            "sample_id": conversation.sample_id,
            "qa": [dict(entry) for entry in released_shape(conversation)["qa"]],
        }
    for row in predictions:
        if row.sample_id not in samples or row.index >= len(samples[row.sample_id]["qa"]):
            raise InputError(f"question '{row.id}' is not in the conversations; export a run whose stages all fit")
        entry: dict[str, Any] = samples[row.sample_id]["qa"][row.index]
        answer, name = Answer.of(row), row.configuration
        entry[f"{name}_prediction"] = None if answer.error else answer.text
        if answer.context_ids is not None:
            entry[f"{name}_prediction_context"] = answer.context_ids
        if (score := scores.get((row.id, name))) is not None:
            entry[f"{name}_f1"] = None if score.f1 is None else round(score.f1, 6)
            if score.has_context and score.recall is not None:
                entry[f"{name}_recall"] = round(score.recall, 6)
    return list(samples.values())


def table(predictions: Sequence[Prediction], scores: Mapping[tuple[str, str], Score]) -> pa.Table:
    """Return an Arrow table with a row for each of at least one answer, in the order given.

    Metrics stand under the names that say what they are; they are empty where they do not apply.
    """
    import pyarrow as pa

    kinds = {"string": pa.string(), "int64": pa.int64(), "double": pa.float64(), "list": pa.list_(pa.string())}
    names = metric_names(scoring_protocol(predictions[0].protocol))
    columns = COLUMNS | dict.fromkeys((names[metric] for metric in METRICS), "double")
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    rows = [_row(row, scores.get((row.id, row.configuration)), names) for row in predictions]
    return pa.Table.from_pylist(rows, schema=schema)


def _row(row: Prediction, score: Score | None, names: Mapping[str, str]) -> dict[str, Any]:
    values = row.model_dump(exclude={"usage", "request"}) | row.usage.model_dump()
    values |= {
        "repeat": row.repeat,
        "configuration": row.configuration,
        "category_name": category_name(row.category),
    }
    if score is not None:
        values |= {names[metric]: getattr(score, metric) for metric in METRICS}
        values[names["recall"]] = score.recall if score.has_context and score.has_evidence else None
    return values


def _csv(rows: pa.Table, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import csv

    ids = pa.array([" ".join(row) for row in rows["context_ids"].to_pylist()])
    csv.write_csv(rows.set_column(rows.schema.get_field_index("context_ids"), "context_ids", ids), path)


def _parquet(rows: pa.Table, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(rows, path)


def _datasets(rows: pa.Table, path: Path) -> None:
    try:
        from datasets import Dataset, disable_progress_bars
    except ImportError:
        raise InputError("--to datasets: the library is missing: pip install 'locomo-pipeline[datasets]'") from None
    disable_progress_bars()
    Dataset(rows).save_to_disk(path)


def _check_empty(path: Path) -> None:
    if any(path.iterdir()):
        raise InputError(f"{path}: is a folder with files in it; expected a name that is free")


TABLES: Final[dict[str, Callable[[Any, Path], None]]] = {"csv": _csv, "parquet": _parquet, "datasets": _datasets}
FORMS: Final = ("original", *TABLES)
