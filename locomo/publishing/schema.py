"""The tables of a database of results, and how an older database becomes one of today."""

from __future__ import annotations

from typing import Final

from locomo.reporting.export import COLUMNS
from locomo.scoring import METRICS

_TYPES: Final = {"string": "VARCHAR", "int64": "BIGINT", "double": "DOUBLE", "list": "VARCHAR"}
"""A list becomes JSON text: SQLite has no lists."""


def metric_column(metric: str) -> str:
    """Return the column of a metric: PostgreSQL wants quotes around a name with capitals."""
    return metric.lower()


_ANSWERS: Final = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in COLUMNS.items())
_SCORES: Final = ", ".join(f"{metric_column(metric)} DOUBLE" for metric in METRICS)

MIGRATIONS: Final[list[tuple[str, ...]]] = [
    (  # 1
        """CREATE TABLE runs (run_id VARCHAR PRIMARY KEY, name VARCHAR NOT NULL, published_at TIMESTAMP NOT NULL,
            committed_at TIMESTAMP, ranking VARCHAR NOT NULL, dataset VARCHAR NOT NULL, model VARCHAR NOT NULL,
            protocol VARCHAR NOT NULL)""",
        "CREATE TABLE cards (run_id VARCHAR NOT NULL, position BIGINT NOT NULL, line VARCHAR NOT NULL, value VARCHAR)",
        "CREATE TABLE params (run_id VARCHAR NOT NULL, name VARCHAR NOT NULL, value VARCHAR)",
        """CREATE TABLE configurations (run_id VARCHAR NOT NULL, configuration VARCHAR NOT NULL, task VARCHAR NOT NULL,
            unit VARCHAR, k BIGINT, for_comparison BOOLEAN NOT NULL, repeats BIGINT NOT NULL)""",
        """CREATE TABLE means (run_id VARCHAR NOT NULL, configuration VARCHAR NOT NULL, category VARCHAR NOT NULL,
            metric VARCHAR NOT NULL, name VARCHAR NOT NULL, mean DOUBLE NOT NULL, se DOUBLE, low DOUBLE, high DOUBLE,
            n BIGINT, conversations BIGINT)""",
        """CREATE TABLE costs (run_id VARCHAR NOT NULL, configuration VARCHAR NOT NULL, answers BIGINT NOT NULL,
            errors BIGINT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, cost_usd DOUBLE)""",
        f"CREATE TABLE answers (run_id VARCHAR NOT NULL, {_ANSWERS})",
        f"""CREATE TABLE scores (run_id VARCHAR NOT NULL, id VARCHAR NOT NULL, configuration VARCHAR NOT NULL,
            category BIGINT NOT NULL, has_evidence BOOLEAN NOT NULL, has_context BOOLEAN NOT NULL,
            {_SCORES}, error VARCHAR, judge_error VARCHAR)""",
    ),
    (  # 2
        """CREATE TABLE other_costs (run_id VARCHAR NOT NULL, purpose VARCHAR NOT NULL, configuration VARCHAR NOT NULL,
            calls BIGINT NOT NULL, input_tokens BIGINT NOT NULL, output_tokens BIGINT NOT NULL, cost_usd DOUBLE)""",
    ),
]
"""Statements by version: the first makes version 1. A published one is never edited; a change is a new entry."""
TABLES: Final = ("runs", "cards", "params", "configurations", "means", "costs", "other_costs", "answers", "scores")
VERSIONS: Final = "locomo_schema"
"""The table of one row, with the version."""
