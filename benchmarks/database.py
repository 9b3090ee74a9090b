"""The example queries of docs/database.md on many runs: `python benchmarks/database.py [--runs 200] [--answers 24000]`.

One run is published (`--run`: the workspace, or whatever `locomo publish --run` takes), and multiplied within DuckDB to
so many answers, then to so many runs with other scores, times and words. The time of a query is the median of three.
"""

from __future__ import annotations

import argparse
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from locomo.publishing.database import open_database, transaction
from locomo.publishing.publish import publish
from locomo.publishing.run_tables import RunTables, read_run

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BAR = 1.0
"""Seconds for one query."""
PAGE = Path(__file__).parents[1] / "docs/database.md"
TIMES = 3
_SMALL = ("cards", "params", "configurations", "costs")


def queries() -> list[tuple[str, str]]:
    """Return what each query of the page asks, and its SQL."""
    found = re.findall(r"^([^\n]+):\n\n```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    return [(title, sql) for title, sql in found]


def fill(database: DuckDBPyConnection, base: RunTables, *, runs: int, answers: int) -> None:
    """Write so many runs of so many answers, all made from one; the sums of a conversation do not follow."""
    publish(database, base)
    first = base.run_id
    counted = database.execute("SELECT count(*) FROM answers").fetchone()
    copies = -(-answers // counted[0]) if counted else 1
    identity = "CASE j WHEN 0 THEN id ELSE split_part(id, ':', 1) || '-' || j || ':' || split_part(id, ':', 2) END"
    with transaction(database):
        for table in ("answers", "scores"):
            more = f"SELECT {table}.* REPLACE ({identity} AS id) FROM {table}, range(1, {copies}) c(j)"  # noqa: S608
            database.execute(f"INSERT INTO {table} {more}")
    for run in range(1, runs):
        new = f"'{first[:8]}{run:08d}' AS run_id"
        f1 = f"(hash(id || configuration || {run}) % 1000) / 999.0"
        changed = dict.fromkeys(_SMALL, "") | {
            "runs": f", name || '-{run}' AS name, published_at + INTERVAL {run} HOUR AS published_at, "
            f"model || '-{run % 20}' AS model",
            "means": f", (hash(configuration || category || {run}) % 1000) / 999.0 AS mean",
            "answers": f", substr(md5(id || {run}), 1, 8) || ' ' || prediction AS prediction",
            "scores": f", CASE WHEN {f1} < 0.3 THEN 0 ELSE {f1} END AS f1",
        }
        with transaction(database):
            for table, columns in changed.items():
                rows = f"SELECT * REPLACE ({new}{columns}) FROM {table} WHERE run_id = '{first}'"  # noqa: S608
                database.execute(f"INSERT INTO {table} {rows}")


def main() -> None:
    """Print a Markdown table with a row a query."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", default="workspace")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--answers", type=int, default=24_000, help="of each run, at least")
    arguments = parser.parse_args()
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with TemporaryDirectory(prefix="locomo-") as folder:
        url = str(Path(folder) / "results.duckdb")
        started = time.perf_counter()
        with open_database(url) as database:
            fill(database, read_run(arguments.run, published_at=now), runs=arguments.runs, answers=arguments.answers)
        seconds, size = time.perf_counter() - started, Path(url).stat().st_size / 1e6
        with open_database(url, read_only=True) as database:
            counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone() for table in ("runs", "answers")]  # noqa: S608
            runs, answers = (count[0] if count else 0 for count in counts)
            print(f"{runs:,} runs, {answers:,} answers, {size:,.0f} MB, written in {seconds:.1f} s\n")
            print("| Query | rows | seconds |\n|---|---|---|")
            slowest = 0.0
            for title, sql in queries():
                took = []
                for _ in range(TIMES):
                    started = time.perf_counter()
                    rows = database.execute(sql).fetchall()
                    took.append(time.perf_counter() - started)
                slowest = max(slowest, median(took))
                print(f"| {title} | {len(rows):,} | {median(took):.3f} |")
    print(f"\nslowest: {slowest:.3f} s; bar: {BAR} s")


if __name__ == "__main__":
    main()
