"""A run as rows of the database's tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from locomo.errors import InputError
from locomo.files import canonical_json, read_json
from locomo.publishing.history import committed_at
from locomo.publishing.schema import metric_column
from locomo.reporting.card import HASH_LENGTH, PARAMETERS, parameters_of
from locomo.reporting.comparison.comparison import UNDER_TEST
from locomo.reporting.comparison.places import WORKSPACE, opened
from locomo.reporting.comparison.run import SUMS, Run, open_run, read_rows
from locomo.reporting.export import COLUMNS, table
from locomo.reporting.intervals import interval_values
from locomo.reporting.join import Configuration
from locomo.schema import Prediction, Score
from locomo.schema.prediction import base_configuration
from locomo.scoring import METRICS
from locomo.scoring.statistics import estimate

if TYPE_CHECKING:
    import pyarrow as pa

_ID_LENGTH: Final = 16
_COUNTS: Final = ("errors", "input_tokens", "output_tokens")
_PURPOSES: Final = {
    "judge": ("usage.json", "judge"),
    "events": ("events.json", "events_usage"),
    "dialogue": ("dialogue.json", "dialogue_usage"),
    "dialogue_judge": ("dialogue.json", "dialogue_judge_usage"),
}
"""What is asked of models besides questions: the file of metrics/ and its key that say what that took."""


@dataclass(frozen=True, slots=True)
class RunTables:
    """What is written of a run: Arrow tables by name, `runs` with a single row."""

    run_id: str
    name: str
    tables: Mapping[str, pa.Table]


def read_run(name: str, *, published_at: datetime, title: str | None = None, fetch: bool = False) -> RunTables:
    """Read a run that `locomo export` can read: 'workspace', a folder, a git revision or an experiment.

    `published_at` is in UTC, without a zone. `title` is what the database calls the run; by default it is the run's
    name, of a folder the last part of it. The run's id is a hash of its card, parameters, answers and scores.
    InputError where answers or the card are missing.
    """
    with opened(name, fetch=fetch) as place:
        try:
            _, predictions, scores = read_rows(str(place))
            run = open_run(str(place))
        except InputError as error:  # which names the place that was opened
            raise InputError(str(error).replace(f"'{place}'", f"'{name}'")) from None
        card, parameters = _card(place, name)
        other_costs = _other_costs(place)
    run_id = _hash([card, parameters, *_rows(predictions), *_rows(scores)], _ID_LENGTH)
    is_path = name != WORKSPACE and Path(name).exists()
    called = title or (Path(name).resolve().name if is_path else name)
    described = {
        "run_id": run_id,
        "name": called,
        "published_at": published_at,
        "committed_at": committed_at(name),
        "ranking": ranking_of(card),
        "dataset": card["dataset"],
        "model": card["model"],
        "protocol": card["protocol"],
    }
    rows: dict[str, list[dict[str, Any]]] = {
        "runs": [described],
        "cards": [{"position": at, "line": line, "value": value} for at, (line, value) in enumerate(card.items())],
        "params": [{"name": key, "value": value} for key, value in parameters.items()],
        "configurations": _configurations(run, predictions),
        "means": _means(run),
        "costs": _costs(run),
        "other_costs": other_costs,
    }
    found = {table: _arrow(table, members) for table, members in rows.items()}
    found |= {"answers": _answers(predictions), "scores": _scores(scores)}
    return RunTables(run_id, called, {name: _of_run(rows, run_id) for name, rows in found.items()})


def comparable(card: Mapping[str, str]) -> dict[str, str]:
    """Return the lines of a card that must be the same for two runs to stand in one ranking."""
    return {line: value for line, value in card.items() if not line.startswith(UNDER_TEST)}


def ranking_of(card: Mapping[str, str]) -> str:
    """Return the hash of what must be the same: runs with the same one can be ranked together."""
    return _hash(comparable(card), HASH_LENGTH)


def _card(place: Path, name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the lines of a run's card, and the parameters that can change a number.

    The long line of parameters stands beside the sums alone (see `comparison.run`).
    """
    card, beside = (_metrics(place, file).get("card", {}) for file in ("f1.json", SUMS))
    if not {"dataset", "model", "protocol"} <= set(card):
        raise InputError(
            f"'{name}' has no card, so that nobody could tell what it can be compared with; expected metrics/f1.json "
            "as the score stage writes it"
        )
    lines = {line: str(value) for line, value in card.items() if line != PARAMETERS}
    return lines, parameters_of(beside.get(PARAMETERS) or card.get(PARAMETERS, ""))


def _metrics(place: Path, file: str) -> dict[str, Any]:
    folder = place / "metrics" if (place / "metrics").is_dir() else place
    return read_json(path) if (path := folder / file).is_file() else {}


def _rows(rows: Sequence[Prediction] | Sequence[Score]) -> list[Any]:
    return [row.model_dump(mode="json") for row in rows]


def _hash(value: Any, length: int) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:length]


def _configurations(run: Run, predictions: Sequence[Prediction]) -> list[dict[str, Any]]:
    asked = {
        base_configuration(row.configuration): Configuration(row.configuration, row.task, row.unit, row.k)
        for row in predictions
    }
    found = []
    for name in run.configurations:
        # A configuration without answers is a baseline that nobody was asked for: always_refuse.
        what = asked.get(name) or Configuration(name, "baseline", name, None)
        found.append(
            {
                "configuration": name,
                "task": what.task,
                "unit": what.unit,
                "k": what.k,
                "for_comparison": what.for_comparison,
                "repeats": run.repeats.get(name, 1),
            }
        )
    return found


def _means(run: Run) -> list[dict[str, Any]]:
    found = []
    for metric, configurations in run.means.items():
        for configuration, by_category in configurations.items():
            for category, mean in by_category.items():
                clusters = run.sums.get(metric, {}).get(configuration, {}).get(category)
                interval = interval_values(estimate(clusters)) if clusters is not None else {}
                found.append(
                    {
                        "configuration": configuration,
                        "category": category,
                        "metric": metric_column(metric),
                        "name": run.names.get(metric, metric),
                        **interval,
                        "mean": mean,
                    }
                )
    return found


def _costs(run: Run) -> list[dict[str, Any]]:
    """Return what each configuration took, its repeats together; no dollars where a price is not known."""
    found: dict[str, dict[str, Any]] = {}
    for name, usage in run.usage.items():
        base = base_configuration(name)
        row = found.setdefault(
            base, {"configuration": base, "answers": 0, "cost_usd": 0.0, **dict.fromkeys(_COUNTS, 0)}
        )
        row["answers"] += int(usage["questions"])
        for count in _COUNTS:
            row[count] += int(usage[count])
        known = row["cost_usd"] is not None and "cost_usd" in usage
        row["cost_usd"] = row["cost_usd"] + usage["cost_usd"] if known else None
    return list(found.values())


def _other_costs(place: Path) -> list[dict[str, Any]]:
    """Return what judges and the tasks beside question answering took; no dollars where a price is not known."""
    return [
        {
            "purpose": purpose,
            "configuration": configuration,
            "calls": int(usage["calls"] if "calls" in usage else usage["answers"]),
            "input_tokens": int(usage["input_tokens"]),
            "output_tokens": int(usage["output_tokens"]),
            "cost_usd": usage.get("cost_usd"),
        }
        for purpose, (file, key) in _PURPOSES.items()
        for configuration, usage in _metrics(place, file).get(key, {}).items()
    ]


def _arrow(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(rows, schema=pa.schema(_schemas()[name]))


def _schemas() -> dict[str, list[tuple[str, pa.DataType]]]:
    """Return columns and types; a column that is empty in a run has its type all the same."""
    import pyarrow as pa

    text, whole, real, yes, time = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.timestamp("us")
    texts = ("run_id", "name", "ranking", "dataset", "model", "protocol")
    return {
        "runs": [*((name, text) for name in texts), ("published_at", time), ("committed_at", time)],
        "cards": [("position", whole), ("line", text), ("value", text)],
        "params": [("name", text), ("value", text)],
        "configurations": [
            *((name, text) for name in ("configuration", "task", "unit")),
            *(("k", whole), ("for_comparison", yes), ("repeats", whole)),
        ],
        "means": [
            *((name, text) for name in ("configuration", "category", "metric", "name")),
            *((name, real) for name in ("mean", "se", "low", "high")),
            *(("n", whole), ("conversations", whole)),
        ],
        "costs": [
            ("configuration", text),
            ("answers", whole),
            *((name, whole) for name in _COUNTS),
            ("cost_usd", real),
        ],
        "other_costs": [
            *(("purpose", text), ("configuration", text)),
            *((name, whole) for name in ("calls", "input_tokens", "output_tokens")),
            ("cost_usd", real),
        ],
        "scores": [
            *(("id", text), ("configuration", text), ("category", whole), ("has_evidence", yes), ("has_context", yes)),
            *((metric_column(metric), real) for metric in METRICS),
            *(("error", text), ("judge_error", text)),
        ],
    }


def _answers(predictions: Sequence[Prediction]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import compute

    exported = table(predictions, {}).select(list(COLUMNS))
    ids = pa.array([canonical_json(row) for row in exported["context_ids"].to_pylist()], pa.string())
    found = exported.set_column(exported.schema.get_field_index("context_ids"), "context_ids", ids)
    for at, column in enumerate(found.schema):
        if column.type == pa.string():  # PostgreSQL stores no NUL
            texts = compute.replace_substring(found.column(at), "\0", "\ufffd")
            found = found.set_column(at, column, texts)
    return found


def _scores(scores: Sequence[Score]) -> pa.Table:
    return _arrow("scores", [{metric_column(key): value for key, value in row} for row in scores])


def _of_run(rows: pa.Table, run_id: str) -> pa.Table:
    import pyarrow as pa

    if "run_id" in rows.column_names:
        return rows
    return rows.append_column("run_id", pa.array([run_id] * len(rows), pa.string()))
