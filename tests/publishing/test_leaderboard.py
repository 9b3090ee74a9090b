"""`locomo leaderboard`: what cannot be compared never stands in one ranking, and the page needs nothing but itself."""

from __future__ import annotations

import csv
import re
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from made_run import make_run
from typer.testing import CliRunner

from locomo.cli.main import app
from locomo.errors import InputError
from locomo.publishing.database import open_database
from locomo.publishing.publish import publish
from locomo.publishing.rankings import Ranking, rankings
from locomo.publishing.run_tables import comparable, ranking_of, read_run

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"' &"
VOID = {"meta", "line", "circle", "polyline"}
RUNS = {
    "weak": {"model": "openai/small", "words": 1, "cost_usd": 0.0001},
    "strong": {"model": "openai/large", "words": 3, "cost_usd": 0.002},
    "dear": {"model": "openai/dear", "words": 2, "cost_usd": 0.003},
    "corrected": {"model": "openai/small", "words": 3, "card": {"errata": "locomo10/3"}},
    HOSTILE: {"model": HOSTILE, "words": 2, "cost_usd": None, "card": {"judge": HOSTILE}},
}
CARD = {
    "dataset": "locomo10 a",
    "errata": "none",
    "protocol": "paper, scored by paper-2",
    "prompts": "paper-1",
    "questions": "1986: all",
    "model": "m",
    "resolved": "0",
    "judge": "none",
}


class Page(HTMLParser):
    """The sections of a page, each with the cells of its table, and all tags and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: list[list[list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.sections.append([])
        if tag == "tr":
            self.sections[-1].append([])
        if tag in ("td", "th"):
            self.sections[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.sections[-1][-1][-1] += data.strip()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board")
    with open_database(str(folder / "results.duckdb")) as opened:
        for number, (name, settings) in enumerate(RUNS.items(), start=1):
            made = make_run(folder / str(number), **settings)
            publish(opened, read_run(str(made), published_at=datetime(2026, number, 1), title=name))
    return folder / "results.duckdb"


@pytest.fixture(scope="module")
def written(database: Path) -> Path:
    """The folder of a page and its CSV file."""
    folder = database.parent
    command = ["leaderboard", str(folder / "x.html"), "--database", str(database), "--csv", str(folder / "x.csv")]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "5 runs in 3 rankings" in done.output
    return folder


@pytest.fixture(scope="module")
def page(written: Path) -> Page:
    return Page((written / "x.html").read_text(encoding="utf-8"))


def found(database: Path, metric: str = "f1") -> list[Ranking]:
    with open_database(str(database), read_only=True) as opened:
        return rankings(opened, metric=metric)


@pytest.mark.parametrize(
    ("line", "value", "together"),
    [
        ("dataset", "locomo10 b", False),  # the same name, another fingerprint
        ("errata", "locomo10/3", False),
        ("protocol", "paper, scored by paper-3", False),
        ("prompts", "paper-2", False),
        ("questions", "100 of 1986: all", False),
        ("judge", "openai/gpt-4o, prompt a of b, 1 vote", False),
        ("model", "another", True),
        ("resolved", "1", True),
    ],
)
def test_what_may_stand_in_one_ranking(line: str, value: str, together: bool) -> None:
    assert (ranking_of(CARD) == ranking_of(CARD | {line: value})) is together
    assert (line in comparable(CARD)) is not together


def test_runs_with_other_cards_are_never_in_one_ranking(database: Path) -> None:
    listed = found(database)
    runs = [frozenset(system.run for system in ranking.systems) for ranking in listed]
    assert runs[0] == {"weak", "strong", "dear"}  # the largest first
    assert set(runs[1:]) == {frozenset({"corrected"}), frozenset({HOSTILE})}
    first = listed[0]
    assert [(s.run, s.configuration) for s in first.ranked] == [
        (run, name) for run in ("strong", "dear", "weak") for name in ("qa", "rag_dialog_k5")
    ]
    assert first.ranks == [1, 1, 3, 3, 5, 5, None, None, None]  # equals share a rank; no_memory has none
    assert all(s.low < s.mean < s.high for s in first.ranked if s.low is not None and s.high is not None)
    qa = first.ranked[0]
    assert (qa.n, qa.tokens, qa.dollars, qa.errors) == (131, 1005, pytest.approx(2), 0)
    assert (qa.judge_dollars, first.ranked[1].judge_dollars) == (pytest.approx(1000 * 0.25 / 131), None)
    assert found(database, "recall_evidence")[0].metric == "recall_evidence"


def test_the_page_shows_each_ranking_by_itself(page: Page) -> None:
    runs = [{row[-2] for row in section[1:] if len(row) > 1} for section in page.sections]
    assert {frozenset(each) for each in runs} == {
        frozenset({"weak", "strong", "dear"}),
        frozenset({"corrected"}),
        frozenset({HOSTILE}),
    }
    best = page.sections[0][1]
    assert best[:2] == ["qa", "1"]
    assert re.fullmatch(r"\d\d\.\d ±\d\.\d", best[2])
    dollars = page.sections[0][0].index("$ / 1,000")
    assert page.sections[0][0][dollars + 1] == "Judge, $ / 1,000"
    assert best[dollars : dollars + 2] == ["2", "1.908"]
    assert page.sections[0][2][dollars : dollars + 2] == ["2", "–"]  # no judge read what retrieval found


def test_the_page_can_be_filtered_by_what_differs(page: Page) -> None:
    labels = [attributes["data-line"] for tag, attributes in page.tags if tag == "select"]
    values = [attributes["data-values"] for tag, attributes in page.tags if tag == "section"]
    assert labels == ["0", "1"]  # errata and judge
    assert len(set(values)) == len(values) == 3
    assert all(len(str(each).split()) == 2 for each in values)


def test_the_page_needs_nothing_else_and_runs_nothing_of_others(page: Page, written: Path) -> None:
    html = (written / "x.html").read_text(encoding="utf-8")
    tags = {tag for tag, _ in page.tags}
    assert not {"img", "link", "iframe", "object", "a"} & tags
    assert [attributes for tag, attributes in page.tags if tag == "script"] == [{}]  # the page's own
    assert not [name for _, attributes in page.tags for name in attributes if name in ("src", "href", "onerror")]
    assert "default-src 'none'" in html
    assert html.count("<script") == 1
    assert not re.search(r"https?://", html)


def test_scrolled_tables_are_reached_by_keyboard(page: Page) -> None:
    wide = [attributes for tag, attributes in page.tags if attributes.get("class") == "wide"]
    assert len(wide) == 3
    assert all(attributes["tabindex"] == "0" and attributes["aria-labelledby"] for attributes in wide)


def test_the_csv_file_has_all_systems(written: Path) -> None:
    with (written / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * len(RUNS)
    by_ranking: dict[str, set[str]] = {}
    for row in rows:
        by_ranking.setdefault(row["ranking"], set()).add(row["card.errata"] + row["card.judge"])
    assert [len(cards) for cards in by_ranking.values()] == [1, 1, 1]
    (first,) = [row for row in rows if (row["run"], row["configuration"]) == ("strong", "qa")]
    assert (first["rank"], first["metric"], first["n"]) == ("1", "f1_stemmed_multiset", "131")
    assert float(first["low"]) < float(first["mean"]) < float(first["high"])


def test_the_dataset_is_the_rankings_and_what_they_are_made_of(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "board"
    command = ["leaderboard", str(tmp_path / "board.html"), "--database", str(database), "--dataset", str(folder)]
    assert CliRunner().invoke(app, command).exit_code == 0
    front = yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    files = {each["config_name"]: each["data_files"] for each in front["configs"]}
    assert {path.name for path in folder.iterdir()} == {"README.md", *files.values()}
    assert not {"answers", "scores"} & files.keys()
    with open_database(str(database), read_only=True) as opened:
        ranked = [(each.id, system.run) for each in rankings(opened) for system in each.systems]
        runs = opened.execute("SELECT count(*) FROM runs").fetchall()[0][0]
    rows = pq.read_table(folder / files["rankings"])
    assert list(zip(rows["ranking"].to_pylist(), rows["run"].to_pylist(), strict=True)) == ranked
    assert not [column.name for column in rows.schema if str(column.type) == "null"]
    assert pq.read_table(folder / files["runs"]).num_rows == runs == len(RUNS)
    assert CliRunner().invoke(app, command).exit_code == 0, "its own files are written again"
    (folder / "mine.txt").touch()
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, InputError)
    assert "holds other files, such as mine.txt" in str(refused.exception)
