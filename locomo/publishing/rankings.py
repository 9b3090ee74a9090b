"""What a database's runs have earned, in rankings of those that can be compared."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from locomo.errors import InputError, did_you_mean
from locomo.publishing.run_tables import comparable
from locomo.publishing.schema import metric_column
from locomo.schema import CATEGORIES, DECLARATIONS, LOCOMO, category_name
from locomo.scoring import METRICS, OVERALL, field_of
from locomo.scoring.comparison import PRIMARY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

RANKED: Final = tuple(metric for metric in METRICS if metric not in ("refusal", "unparsable", "no_verdict"))
"""Metrics of which more is better; the others count failures."""
_ROWS: Final = """
    SELECT r.run_id, r.name AS run, r.ranking, r.model,
        CAST(coalesce(r.committed_at, r.published_at) AS TIMESTAMP) AS at,
        c.configuration, c.for_comparison, c.repeats, m.category, m.name AS metric, m.mean, m.low, m.high, m.n,
        k.answers, k.errors, k.input_tokens + k.output_tokens AS tokens, k.cost_usd, j.judged, j.judge_usd
    FROM means m
    JOIN runs r ON r.run_id = m.run_id
    JOIN configurations c ON c.run_id = m.run_id AND c.configuration = m.configuration
    LEFT JOIN costs k ON k.run_id = m.run_id AND k.configuration = m.configuration
    LEFT JOIN (
        SELECT run_id, regexp_replace(configuration, '#[0-9]+$', '') AS configuration, sum(calls) AS judged,
            CASE WHEN count(cost_usd) = count(*) THEN sum(cost_usd) END AS judge_usd
        FROM other_costs WHERE purpose = 'judge' GROUP BY ALL
    ) j ON j.run_id = m.run_id AND j.configuration = m.configuration
    WHERE m.metric = ?
"""


@dataclass(frozen=True, slots=True)
class System:
    """One configuration of one run."""

    run_id: str
    run: str
    model: str
    configuration: str
    for_comparison: bool
    """Whether it is a floor or a ceiling, and no system under test: it has no rank."""
    at: datetime
    """When the run was committed, else when it was published; in UTC."""
    mean: float
    low: float | None
    high: float | None
    """The 95% interval, clustered by conversation; None where a single conversation gives none."""
    n: int | None
    """Questions behind the mean."""
    repeats: int
    errors: int | None
    tokens: float | None
    """Of a question, prompt and answer together; None where nothing was asked."""
    dollars: float | None
    """For 1,000 questions; None where a price is not known or nothing was asked."""
    judge_dollars: float | None
    """Of the judge, for 1,000 answers; None where a price is not known or nothing was judged."""
    by_category: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Systems that were asked and scored alike: the best first, those for comparison last."""

    id: str
    metric: str
    """The public name of what is ranked, which says how it was computed."""
    card: dict[str, str]
    """What is the same of all of them."""
    systems: list[System] = field(default_factory=list)

    @property
    def ranked(self) -> list[System]:
        """The systems under test."""
        return [system for system in self.systems if not system.for_comparison]

    @property
    def ranks(self) -> list[int | None]:
        """The rank of each of `systems`: one more than are better, so that equals share it; None for comparison."""
        means = [system.mean for system in self.ranked]
        return [None if system.for_comparison else means.index(system.mean) + 1 for system in self.systems]


def rankings(database: DuckDBPyConnection, *, metric: str = PRIMARY) -> list[Ranking]:
    """Return one ranking for each set of cards that can be compared, and each way that the metric was computed.

    `metric` is a field of `Score` or a public name. InputError for an unknown one, or if no run has it.
    """
    if (name := field_of(metric)) not in RANKED:
        raise InputError(f"--metric {metric}: expected one of {', '.join(RANKED)}{did_you_mean(metric, RANKED)}")
    cards: dict[str, dict[str, str]] = {}
    for run_id, line, value in database.execute("SELECT run_id, line, value FROM cards ORDER BY position").fetchall():
        cards.setdefault(run_id, {})[line] = value
    groups: dict[tuple[str, str], dict[tuple[str, str], list[dict[str, Any]]]] = {}
    for row in _read(database, metric_column(str(name))):
        group = groups.setdefault((row["ranking"], row["metric"]), {})
        group.setdefault((row["run_id"], row["configuration"]), []).append(row)
    if not groups:
        raise InputError(f"no run in the database has {metric}; `locomo publish` writes runs")
    found = []
    for (ranking, public), members in groups.items():
        systems = [system for rows in members.values() if (system := _system(rows)) is not None]
        systems.sort(key=lambda s: (s.for_comparison, -s.mean, s.at, s.run_id, s.configuration))
        first = next(iter(members.values()))[0]["run_id"]
        if systems:
            found.append(Ranking(ranking, public, comparable(cards.get(first, {})), systems))
    return sorted(found, key=lambda r: (-len({s.run_id for s in r.systems}), list(r.card.values()), r.metric))


def _read(database: DuckDBPyConnection, metric: str) -> list[dict[str, Any]]:
    done = database.execute(_ROWS, [metric])
    names = [column[0] for column in done.description or []]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def _system(rows: Sequence[dict[str, Any]]) -> System | None:
    """Return a configuration from its rows, one a category; None where nothing is said of all questions together."""
    overall = next((row for row in rows if row["category"] == OVERALL), None)
    if overall is None:
        return None
    asked = overall["answers"] if overall["tokens"] else 0  # always_refuse is asked of no model
    dollars, judge_dollars = overall["cost_usd"], overall["judge_usd"]
    return System(
        run_id=overall["run_id"],
        run=overall["run"],
        model=overall["model"],
        configuration=overall["configuration"],
        for_comparison=bool(overall["for_comparison"]),
        at=overall["at"],
        mean=overall["mean"],
        low=overall["low"],
        high=overall["high"],
        n=overall["n"],
        repeats=overall["repeats"],
        errors=overall["errors"],
        tokens=overall["tokens"] / asked if asked else None,
        dollars=1000 * dollars / asked if asked and dollars is not None else None,
        judge_dollars=1000 * judge_dollars / overall["judged"] if judge_dollars is not None else None,
        by_category={row["category"]: row["mean"] for row in rows if row["category"] != OVERALL},
    )


def shown_categories(found: Sequence[Ranking]) -> list[str]:
    """Return the names of LoCoMo's categories and of all others that a system has a mean of, each once, in order."""
    there = {name for ranking in found for system in ranking.systems for name in system.by_category}
    names = {category_name(number): number in DECLARATIONS[LOCOMO].numbers for number in reversed(CATEGORIES)}
    return [name for name, always in reversed(names.items()) if always or name in there]


def to_rows(found: Sequence[Ranking]) -> list[dict[str, Any]]:
    """Return all rankings as one table; `ranking` and the lines of the card tell them apart."""
    return [
        {"ranking": ranking.id}
        | {f"card.{line}": value for line, value in ranking.card.items()}
        | {"metric": ranking.metric, "rank": rank}
        | {name: value for name, value in asdict(system).items() if name != "by_category"}
        | {name: system.by_category.get(name) for name in shown_categories(found)}
        for ranking in found
        for rank, system in zip(ranking.ranks, ranking.systems, strict=True)
    ]


def to_csv(found: Sequence[Ranking]) -> str:
    """Return the rows of `to_rows` as CSV."""
    rows = to_rows(found)
    out = io.StringIO()
    names = dict.fromkeys(name for row in sorted(rows, key=len, reverse=True) for name in row)
    writer = csv.DictWriter(out, list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
