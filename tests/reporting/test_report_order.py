"""What stands out in the report: the run in its title, systems before baselines, intervals, round numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_page import CARD, Page, conversation, pair

from locomo.reporting.charts import f1_charts
from locomo.reporting.cost import round_ticks
from locomo.reporting.join import join
from locomo.reporting.means import results
from locomo.reporting.report import write_report
from locomo.reporting.tables import f1_table
from locomo.schema import Conversation, Prediction, Score


@pytest.fixture
def rows() -> tuple[Conversation, list[tuple[Prediction, Score]]]:
    """Two systems, and a baseline that beats both."""
    of = conversation([{"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]}])
    pairs = [pair(of, 0, 0.2), pair(of, 0, 0.4, unit="dialog", k=1, context=("D1:1",))]
    row, score = pair(of, 0, 0.9)
    changed = row.model_copy(update={"task": "baseline", "unit": "gold_evidence"})
    return of, [*pairs, (changed, score.model_copy(update={"configuration": changed.configuration}))]


def test_a_baseline_stands_apart_and_is_never_the_best(rows: tuple[Conversation, list]) -> None:
    of, pairs = rows
    found = results(join([of], [p for p, _ in pairs], [s for _, s in pairs]))
    lines = f1_table(found, {}, [1, 2, 3, 4, 5])
    assert [(line.name, line.apart) for line in lines] == [
        ("qa", False),
        ("rag_dialog_k1", False),
        ("gold_evidence", True),
    ]
    assert [line.cells[5].kind for line in lines] == ["", "best", ""]
    chart = f1_charts(found, {"qa": {"overall": 0.1, "single_hop": 0.1}})[-1]
    assert [(bar.best, bar.apart) for bar in chart.bars] == [(False, False), (True, False), (False, True)]
    qa, rag, baseline = chart.bars
    assert qa.whisker is not None
    assert qa.whisker[0] == pytest.approx(qa.width / 2, abs=0.1)
    assert qa.whisker[1] == pytest.approx(qa.width * 1.5, abs=0.1)
    assert qa.value_x > qa.whisker[1]
    assert rag.whisker is None
    assert baseline.y - rag.y > rag.y - qa.y


def test_the_title_says_which_run_it_is_and_the_card_what_was_changed(tmp_path: Path, rows: tuple) -> None:
    of, pairs = rows
    write_report(
        tmp_path / "report.html",
        card={**CARD, "parameters": "rag.k [5]; seed 0"},
        conversations=[of],
        predictions=[p for p, _ in pairs],
        scores=[s for _, s in pairs],
        changed={"seed": 7},
    )
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "<title>tiny · mock · paper · LoCoMo report</title>" in page.html
    assert "<h1>tiny · mock · paper</h1>" in page.html
    assert "<dd>seed 7</dd>" in page.html
    assert "<summary>All parameters</summary>rag.k [5]; seed 0" in page.html
    assert page.html.index(">rag_dialog_k1</a>") < page.html.index("no system under test")
    assert page.html.index("no system under test") < page.html.index(">gold_evidence</a>")


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(1972, [0, 500, 1000, 1500, 2000]), (0.25, [0, 0.1, 0.2, 0.3]), (0.41, [0, 0.2, 0.4, 0.6]), (4, [0, 1, 2, 3, 4])],
)
def test_ticks_are_round(highest: float, ticks: list[float]) -> None:
    assert round_ticks(highest) == pytest.approx(ticks)
