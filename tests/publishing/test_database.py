"""A database of results: each run once, in every kind of database, and one line for each mistake."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from conftest import ROOT, Project
from made_run import answers, make_run
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError
from locomo.publishing import history, schema
from locomo.publishing.database import open_database, version_of
from locomo.publishing.place import place_of
from locomo.publishing.publish import publish
from locomo.publishing.run_tables import RunTables, read_run
from locomo.publishing.schema import TABLES

WHEN = datetime(2026, 3, 1, 12)
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PAGE = ROOT / "docs/database.md"
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("run") / "first")


@pytest.fixture(scope="module")
def run(made: Path) -> RunTables:
    return read_run(str(made), published_at=WHEN)


def contents(url: str) -> dict[str, list[tuple]]:
    with open_database(url, read_only=True) as database:
        return {
            name: sorted(database.execute(f"SELECT * FROM {name}").fetchall(), key=repr)  # noqa: S608
            for name in TABLES
        }


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of one's own, on a socket in its folder."""
    found = shutil.which("initdb")
    programs = Path(found).parent if found else POSTGRES[-1] if POSTGRES else None
    if programs is None:
        pytest.skip("no PostgreSQL here: neither initdb on the path nor /usr/lib/postgresql")
    if os.geteuid() != 0:
        user = None
    elif subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode == 0:
        user = "postgres"  # the server refuses to run as root
    else:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="locomo-", dir="/tmp"))  # a socket's path is at most 107 bytes
    if user:
        shutil.chown(folder, user)
    data, options = folder / "data", f"-k {folder} -c listen_addresses='' -c fsync=off"

    def call(program: str, *arguments: object) -> None:
        command = [str(programs / program), "-D", str(data), *map(str, arguments)]
        subprocess.run(command, user=user, cwd=folder, check=True, capture_output=True, timeout=60)

    try:
        call("initdb", "-U", "locomo", "-A", "trust")
        call("pg_ctl", "-w", "-o", options, "-l", folder / "log", "start")
        try:
            yield f"postgresql://locomo@/postgres?host={folder}"
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["duckdb", "sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        return request.getfixturevalue("postgres")
    return str(tmp_path / f"results.{request.param}")


def test_a_run_that_is_published_twice_is_there_once(url: str, run: RunTables, made: Path) -> None:
    with open_database(url) as database:
        assert publish(database, run)
    first = contents(url)
    later = read_run(str(made), published_at=WHEN.replace(year=2027))
    with open_database(url) as database:
        assert not publish(database, later)
    assert contents(url) == first
    predictions = answers("openai/gpt-4o-mini", 2, 0.0001)
    assert {name: len(rows) for name, rows in first.items()} == {
        "runs": 1,
        "cards": 8,
        "params": 4,
        "configurations": 3,
        "means": len(run.tables["means"]),
        "costs": 3,
        "other_costs": 2,
        "answers": len(predictions),
        "scores": len(predictions),
    }
    with open_database(url, read_only=True) as database:
        asked = "SELECT id, configuration, prediction, context_ids, k, cost_usd FROM answers ORDER BY id, configuration"
        rows = database.execute(asked).fetchall()
        mean = (
            "SELECT mean, low, high, n FROM means WHERE metric = 'f1' AND category = 'overall' AND configuration = 'qa'"
        )
        ((value, low, high, n),) = database.execute(mean).fetchall()
        repeats = database.execute("SELECT configuration, repeats FROM configurations ORDER BY 1").fetchall()
        (cost,) = database.execute(
            "SELECT answers, cost_usd FROM costs WHERE configuration = 'rag_dialog_k5'"
        ).fetchall()
    assert rows == sorted(
        (p.id, p.configuration, p.prediction, json.dumps(p.context_ids), p.k, p.usage.cost_usd) for p in predictions
    )
    f1 = json.loads((made / "metrics/f1.json").read_text(encoding="utf-8"))["f1_stemmed_multiset"]
    assert round(value, 4) == f1["qa"]["overall"]
    assert low < value < high
    assert n == 131
    assert repeats == [("no_memory", 1), ("qa", 1), ("rag_dialog_k5", 2)]
    assert cost == (262, pytest.approx(0.0262))


def test_what_a_database_cannot_store_does_not_stop_a_run(url: str, made: Path, tmp_path: Path) -> None:
    """PostgreSQL has no NUL in texts, and models write all kinds of characters."""
    shutil.copytree(made, tmp_path / "odd")
    path = tmp_path / "odd/data/predictions/qa.jsonl"
    first, *rows = path.read_text(encoding="utf-8").splitlines()
    odd = json.dumps(json.loads(first) | {"prediction": "a\0b 'c' \"d\" ¼ 猫 😀\n;--"})
    path.write_text("\n".join([odd, *rows]) + "\n", encoding="utf-8")
    run = read_run(str(tmp_path / "odd"), published_at=WHEN)
    with open_database(url) as database:
        publish(database, run)
        asked = "SELECT prediction FROM answers WHERE run_id = ? AND id = ? AND configuration = 'qa'"
        found = database.execute(asked, [run.run_id, json.loads(first)["id"]]).fetchall()
        for name in TABLES:  # the server is also that of the tests after this one
            database.execute(f"DELETE FROM {name} WHERE run_id = ?", [run.run_id])  # noqa: S608
    assert found == [("a\ufffdb 'c' \"d\" ¼ 猫 😀\n;--",)]


def test_columns_have_their_types_where_they_are_empty(run: RunTables, tmp_path: Path) -> None:
    with open_database(str(tmp_path / "results.duckdb")) as database:
        publish(database, run)
        asked = "SELECT unit, k, cost_usd, error FROM answers WHERE task = 'qa' LIMIT 1"
        assert [str(column[1]) for column in database.execute(asked).description or []] == [
            "VARCHAR",
            "BIGINT",
            "DOUBLE",
            "VARCHAR",
        ]
        times = database.execute("SELECT published_at, committed_at FROM runs").fetchall()
    assert times == [(WHEN, None)]


@pytest.mark.parametrize(
    "changed",
    [{"words": 3}, {"model": "openai/gpt-4o"}, {"card": {"errata": "locomo10/3"}}, {"cost_usd": None}],
    ids=lambda changed: next(iter(changed)),
)
def test_another_run_has_another_id(changed: dict, run: RunTables, tmp_path: Path) -> None:
    assert read_run(str(make_run(tmp_path, **changed)), published_at=WHEN).run_id != run.run_id


def test_a_run_is_written_whole_or_not_at_all(run: RunTables, tmp_path: Path) -> None:
    url = str(tmp_path / "results.duckdb")
    broken = RunTables(run.run_id, run.name, {**run.tables, "scores": run.tables["answers"]})
    with pytest.raises(InputError), open_database(url) as database:
        publish(database, broken)
    assert {name: len(rows) for name, rows in contents(url).items()} == dict.fromkeys(TABLES, 0)


def test_an_older_database_is_brought_up_to_date(run: RunTables, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_database(url) as database:
        publish(database, run)
    newer = [*schema.MIGRATIONS, ("ALTER TABLE runs ADD COLUMN note VARCHAR", "UPDATE runs SET note = name")]
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    with pytest.raises(InputError, match=r"schema 2 is older than 3; `locomo publish .*` brings"):
        contents(url)
    with open_database(url) as database:
        assert database.execute("SELECT note FROM runs").fetchall() == [("first",)]
        assert version_of(database) == 3
        assert not publish(database, run)
        database.execute("ALTER TABLE runs DROP COLUMN note")  # for the tests after this one: the server is theirs, too
        database.execute("UPDATE locomo_schema SET version = 2")


def test_a_newer_database_is_refused(tmp_path: Path, made: Path) -> None:
    url = str(tmp_path / "results.duckdb")
    with open_database(url) as database:
        database.execute("UPDATE locomo_schema SET version = 7")
    for command in (["publish", url, "--run", str(made)], ["leaderboard", str(tmp_path / "x"), "--database", url]):
        done = CliRunner().invoke(app, command)
        assert isinstance(done.exception, InputError)
        assert str(done.exception) == (
            f"{url}: schema 7 is newer than 2, which this version of locomo knows; upgrade locomo-pipeline"
        )


@pytest.mark.parametrize(
    ("url", "kind", "target"),
    [
        ("a/b.duckdb", "duckdb", "a/b.duckdb"),
        ("B.SQLITE3", "sqlite", "B.SQLITE3"),
        ("duckdb:a.db", "duckdb", "a.db"),
        ("sqlite:///a.db", "sqlite", "a.db"),
        ("sqlite:////srv/a.db", "sqlite", "/srv/a.db"),
        ("postgresql://me:planted@host/db", "postgres", "postgresql://me:planted@host/db"),  # pragma: allowlist secret
    ],
)
def test_addresses(url: str, kind: str, target: str) -> None:
    place = place_of(url)
    assert (place.kind, place.target) == (kind, target)
    assert "planted" not in place.name


@pytest.mark.parametrize("url", ["mysql://me:planted@host/db", "results.txt", "results", "sqlite:", "sqlite://host/a"])
def test_an_unknown_address_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"unknown kind of database; expected a file \*\.duckdb") as caught:
        place_of(url)
    assert "planted" not in str(caught.value)


def test_mistakes_are_one_line(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.duckdb").write_text("no database", encoding="utf-8")
    Path("theirs").mkdir()
    duckdb.connect("theirs/results.duckdb").execute("CREATE TABLE runs (a INT)")
    nobody = "postgresql://me:planted@127.0.0.1:1/db"  # pragma: allowlist secret
    (tmp_path / "bare").mkdir()
    with open_database("empty.sqlite"):
        pass
    shutil.copytree(made / "data", tmp_path / "bare/data")
    for command, said in {
        ("publish", "x.duckdb", "--run", "theirs"): "'theirs': its answers are not here; ",
        ("publish", "x.duckdb"): "'workspace': its answers are not here; ",
        ("publish", "x.duckdb", "--run", "bare"): "'bare' has no card, ",
        ("publish", "other.duckdb", "--run", str(made)): "other.duckdb: ",
        ("publish", "theirs/results.duckdb", "--run", str(made)): "theirs/results.duckdb: ",
        ("publish", nobody, "--run", str(made)): "postgresql://me@127.0.0.1:1/db: ",
        ("publish", "x.duckdb", "--all", "--name", "x"): "--all: ",
        ("leaderboard", "x.html", "--database", "absent.duckdb"): "absent.duckdb: no such database; `locomo publish ",
        ("leaderboard", "x.html", "--database", "empty.sqlite"): "no run in the database has f1; ",
        ("leaderboard", "x.html", "--database", "empty.sqlite", "--metric", "f2"): "--metric f2: expected one of f1, ",
    }.items():
        done = CliRunner().invoke(app, list(command))
        assert isinstance(done.exception, InputError), (command, done.exception)
        assert str(done.exception).startswith(said), done.exception
        assert "\n" not in str(done.exception)
        assert "planted" not in str(done.exception)
    assert not Path("x.html").exists()
    assert not Path("x.duckdb").exists()


def test_an_experiment_whose_answers_are_elsewhere_is_left_out(
    tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(history, "experiments", lambda: ["elsewhere", str(made)])
    done = CliRunner().invoke(app, ["publish", "x.sqlite", "--all"])
    assert done.exit_code == 0
    assert "left out: 'elsewhere': its answers are not here; " in done.output
    assert "1 run written to x.sqlite" in done.output
    with sqlite3.connect("x.sqlite") as file:  # any program reads it
        assert file.execute("SELECT name, for_comparison FROM runs JOIN configurations USING (run_id)").fetchall() == [
            ("first", 0),
            ("first", 0),
            ("first", 1),
        ]
    monkeypatch.setattr(history, "experiments", lambda: ["elsewhere"])
    done = CliRunner().invoke(app, ["publish", "x.sqlite", "--all"])
    assert str(done.exception) == "--all: none of 1 experiments could be read"


def test_without_duckdb_the_extra_is_named(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['duckdb'] = None; sys.argv = ['locomo', 'publish']; from locomo.cli.main import main; "
    )
    script += "main()"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr == "error: 'duckdb' is not installed, and this needs it: pip install 'locomo-pipeline[database]'\n"
    )


@pytest.fixture(scope="module")
def some_runs(tmp_path_factory: pytest.TempPathFactory, run: RunTables) -> Path:
    """A database of three runs that can be compared and one that cannot."""
    folder = tmp_path_factory.mktemp("runs")
    others = [
        read_run(str(make_run(folder / "second", model="openai/gpt-4o", words=1)), published_at=WHEN.replace(month=4)),
        read_run(str(make_run(folder / "fourth", words=3)), published_at=WHEN.replace(month=5)),
        read_run(str(make_run(folder / "third", card={"errata": "locomo10/3"})), published_at=WHEN),
    ]
    with open_database(str(folder / "results.duckdb")) as database:
        for each in (run, *others):
            publish(database, each)
    return folder / "results.duckdb"


@pytest.mark.parametrize("query", QUERIES, ids=range(1, len(QUERIES) + 1))
def test_example_queries_run(query: str, some_runs: Path) -> None:
    with duckdb.connect(str(some_runs), read_only=True) as database:
        rows = database.execute(query).fetchall()
    assert rows or "a.error IS NOT NULL" in query  # nothing failed here
    assert len(QUERIES) >= 10


def test_what_the_page_says_of_columns_is_so(some_runs: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    with duckdb.connect(str(some_runs), read_only=True) as database:
        for table in TABLES:
            (line,) = re.findall(rf"^\| `{table}` \|.*$", text, re.M)
            columns = [row[0] for row in database.execute(f"DESCRIBE {table}").fetchall() if row[0] != "run_id"]
            if table == "answers":
                columns = ["cost_usd", "context_ids"]  # and those of `locomo export`
            listed = [name for name in columns if table != "scores" or name not in metric_columns()]
            assert [name for name in listed if f"`{name}`" not in line] == [], table


def metric_columns() -> set[str]:
    return {schema.metric_column(metric) for metric in schema.METRICS}


def test_experiments_and_revisions(project: Project, tmp_path: Path) -> None:
    """A finished run of the pipeline, its commit, and an experiment that asks another model."""
    url = str(tmp_path / "results.duckdb")
    assert "1 run written" in project.must("locomo", "publish", url)
    assert "0 runs written" in (said := project.must("locomo", "publish", url, "--run", "HEAD"))
    assert "1 there already" in said
    code, said = project.run("locomo", "publish", url, "--all")
    assert (code, said) == (2, "error: --all: no experiments here; `dvc exp run` makes them\n")
    project.must("dvc", "exp", "run", "-n", "refusing", "-S", "model=mock/refuse")
    project.must("locomo", "publish", url, "--all")
    found = contents(url)
    assert sorted(row[1] for row in found["runs"]) == ["refusing", "workspace"]
    experiment = next(row for row in found["runs"] if row[1] == "refusing")
    assert experiment[3] is not None  # when it was committed
    assert len({row[4] for row in found["runs"]}) == 1  # another model alone: one ranking
    assert datetime.now(UTC).replace(tzinfo=None) >= experiment[2] >= experiment[3]


def test_what_judges_and_tasks_took_is_there(run: RunTables) -> None:
    rows = run.tables["other_costs"].to_pylist()
    assert [{name: value for name, value in row.items() if name != "run_id"} for row in rows] == [
        {"purpose": "judge", "configuration": "qa", "calls": 131}
        | {"input_tokens": 4000, "output_tokens": 131, "cost_usd": 0.25},
        {"purpose": "events", "configuration": "long_context", "calls": 6}
        | {"input_tokens": 900, "output_tokens": 60, "cost_usd": None},
    ]
