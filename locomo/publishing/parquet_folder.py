"""Rankings and the tables behind them as a folder that `datasets.load_dataset` reads: Parquet files and a card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from locomo.errors import InputError
from locomo.files import write_text
from locomo.publishing.rankings import Ranking, to_rows
from locomo.publishing.schema import TABLES

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

WITH_TEXTS: Final = ("answers", "scores")
"""Tables that hold questions and answers, or are as large: the licence of the dataset applies to them."""
_CARD: Final = """---
{front}---

# {title}

Runs of the LoCoMo pipeline, ranked by `{metric}`. `rankings` has one row for each configuration of a run. Runs can be
compared only where `ranking` is the same. The other tables are those that the ranking is made of; `run_id` joins them.
No questions and no answers are in here.
"""


def write_folder(folder: Path, found: Sequence[Ranking], database: DuckDBPyConnection, *, title: str) -> None:
    """Write rankings and their tables into a folder. InputError if it cannot be written, or has files of others."""
    import pyarrow.parquet as pq

    names = ["rankings", *(name for name in TABLES if name not in WITH_TEXTS)]
    files = {f"{name}.parquet" for name in names} | {"README.md"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if others := sorted(each.name for each in folder.iterdir() if each.name not in files and each.name[0] != "."):
            raise InputError(f"{folder}: holds other files, such as {others[0]}; name a folder of its own")
        pq.write_table(_rankings(found), folder / "rankings.parquet")
        for name in names[1:]:
            rows = database.execute(f"SELECT * FROM {name} ORDER BY ALL").to_arrow_table()  # noqa: S608
            pq.write_table(rows, folder / f"{name}.parquet")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror})") from None
    configs = [{"config_name": name, "data_files": f"{name}.parquet"} for name in names]
    configs[0]["default"] = True  # type: ignore[assignment]  # of texts
    front = yaml.safe_dump({"pretty_name": title, "tags": ["leaderboard"], "configs": configs}, sort_keys=False)
    write_text(folder / "README.md", _CARD.format(front=front, title=title, metric=found[0].metric))


def _rankings(found: Sequence[Ranking]) -> pa.Table:
    """Return the rows of rankings; a column that is empty everywhere has a type all the same."""
    import pyarrow as pa

    rows = to_rows(found)
    columns = dict.fromkeys(name for row in rows for name in row)
    table = pa.Table.from_pylist([dict.fromkeys(columns) | row for row in rows])
    for at, column in enumerate(table.schema):
        if pa.types.is_null(column.type):
            kind = pa.string() if column.name.startswith("card.") else pa.float64()
            table = table.set_column(at, column.name, table.column(at).cast(kind))
    return table
