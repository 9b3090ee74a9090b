"""What the report draws: F1 against cost and against the age of the evidence, recall over k, the paper's numbers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report_page import CARD, Page, conversation, pair, report

from locomo.reporting.charts import curves, f1_charts
from locomo.reporting.cost import cost_chart, scatter
from locomo.reporting.distance import by_distance, turns_back
from locomo.reporting.join import Configuration, join
from locomo.reporting.means import results
from locomo.reporting.paper import paper
from locomo.reporting.report import write_report
from locomo.schema import Conversation, Usage
from locomo.scoring.ranking import Evaluation


def long(turns: int = 10) -> Conversation:
    """One question about each turn, and one that counts for nothing here."""
    questions = [
        {"question": f"What {n}?", "category": 4, "answer": "a cat", "evidence": [f"D1:{n}"]}
        for n in range(1, turns + 1)
    ]
    questions.append({"question": "Why?", "category": 5, "adversarial_answer": "so", "evidence": ["D1:1"]})
    questions.append({"question": "Who?", "category": 4, "answer": "Ada", "evidence": ["D9:9"]})
    questions.append({"question": "Both?", "category": 1, "answer": "no", "evidence": [f"D1:{turns}", "D1:2"]})
    base = conversation(questions)
    spoken = [{"speaker": "Ada", "dia_id": f"D1:{n}", "text": "Hm."} for n in range(1, turns + 1)]
    return Conversation.model_validate(
        base.model_dump() | {"sessions": [{"number": 1, "date_time": "1:56 pm on 8 May, 2023", "turns": spoken}]}
    )


def test_distance_is_that_of_the_earliest_evidence() -> None:
    back = turns_back(long())
    assert [back[n] for n in range(10)] == list(range(10, 0, -1))
    assert 10 not in back  # category 5
    assert 11 not in back  # no such turn
    assert back[12] == 9


def test_bins_hold_all_questions_and_their_f1() -> None:
    of = long()
    pairs = [pair(of, n, 1.0 if n >= 5 else 0.0) for n in range(13)]
    bins = by_distance([of], join([of], [p for p, _ in pairs], [s for _, s in pairs]))
    assert sum(found.n for found in bins) == 11
    assert (bins[0].nearest, bins[-1].farthest) == (1, 10)
    assert [found.nearest for found in bins] == sorted(found.nearest for found in bins)
    ((configuration, near),) = bins[0].f1.items()
    assert (configuration.name, near, bins[-1].f1[configuration]) == ("qa", 1.0, pytest.approx(1 / 3))
    assert by_distance([long(2)], []) == []  # fewer questions than bins


def test_cost_is_in_dollars_where_prices_are_known_and_else_in_tokens() -> None:
    of = conversation([{"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]}])

    def chart(costs: list[float | None]):
        rows = [pair(of, 0, f1, unit="dialog", k=k, context=("D1:1",)) for k, f1 in ((1, 0.2), (2, 0.4))]
        usages = [Usage(input_tokens=100 * (n + 1), output_tokens=5, cost_usd=cost) for n, cost in enumerate(costs)]
        predictions = [p.model_copy(update={"usage": usage}) for (p, _), usage in zip(rows, usages, strict=True)]
        answers = join([of], predictions, [score for _, score in rows])
        return cost_chart(results(answers), answers)

    paid = chart([0.001, 0.004])
    assert paid is not None
    assert (paid.axis, paid.x_ticks[-1][1]) == ("US dollars for 1,000 questions", "4")
    better, worse = paid.points
    assert (better.name, worse.name) == ("rag_dialog_k2", "rag_dialog_k1")
    assert better.x > worse.x
    assert better.y < worse.y  # SVG counts downwards
    for costs in ([None, 0.004], [0.0, 0.0]):
        counted = chart(costs)
        assert counted is not None
        assert (counted.axis.partition(" ")[0], counted.x_ticks[-1][1]) == ("tokens", "300")


@pytest.mark.parametrize("count", [2, 8, 30])
def test_names_of_points_stand_apart_and_inside_the_chart(count: int) -> None:
    rows = [(Configuration(f"rag_dialog_k{k}", "rag", "dialog", k), float(k), 0.01) for k in range(1, count + 1)]
    chart = scatter("tokens", rows)
    places = [point.label_y for point in chart.points]
    assert all(later - earlier >= 17 for earlier, later in itertools.pairwise(places))
    assert min(places) >= 0
    assert max(places) <= chart.bottom
    assert all(point.y <= chart.bottom for point in chart.points)


def test_names_of_points_have_room_or_are_cut() -> None:
    names = ("qa", "rag_last-sessions_k10", "rag_" + "x" * 40)
    rows = [(Configuration(name, "rag", "dialog", 5), 1.0, 0.5) for name in names]
    charts = [scatter("tokens", rows[:count]) for count in (1, 2, 3)]
    assert [chart.points[-1].name for chart in charts] == ["qa", "rag_last-sessions_k10", "rag_" + "x" * 23 + "…"]
    for chart in charts:
        assert chart.width - chart.label_x >= 8 * max(len(point.name) for point in chart.points)
        assert chart.right > chart.width / 2


def test_names_beside_bars_have_room_or_are_cut() -> None:
    of = conversation([{"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]}])
    row, score = pair(of, 0, 1.0)
    (found,) = results(join([of], [row], [score]))
    names = ("qa", "rag_last-sessions_k10", "rag_" + "x" * 40)
    (short, usual, long_name) = (
        f1_charts([replace(found, configuration=replace(found.configuration, name=name))])[0] for name in names
    )
    assert short.left < usual.left < long_name.left <= 240
    assert usual.left >= 8 * len(names[1])  # as wide as Chromium draws it in DejaVu Sans
    assert [chart.bars[0].label for chart in (short, usual)] == ["qa", "rag_last-sessions_k10"]
    assert long_name.bars[0].label == "rag_" + "x" * 23 + "…"


def test_recall_has_a_line_for_each_unit_in_each_category() -> None:
    values = {"recall": np.array([[0.0, 1.0], [1.0, 1.0]])}
    found = Evaluation((1, 10), np.array([0, 0]), np.array([1, 4]), values)
    panels = curves({"dialog": found, "summary": found})
    assert [panel.title for panel in panels] == ["multi-hop", "single-hop", "overall"]
    overall = panels[-1].series
    assert [(line.name, line.style) for line in overall] == [("dialog", "first"), ("summary", "second")]
    assert overall[0].words == ["dialog 50.0 at k = 1", "dialog 100.0 at k = 10"]


def test_the_papers_numbers_stand_beside_those_of_its_dataset_alone(tmp_path: Path) -> None:
    of = [conversation([{"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]}])]
    here = report(tmp_path, of, [pair(of[0], 0, 1.0)], CARD | {"dataset": "locomo10"})
    assert '<details class="paper" open>' in here.html
    assert here.line(-4, "gpt-4-turbo") == ["–", "51.5", "51.4", "38.5", "72.3", "15.7", "51.6"]
    assert here.line(-2, "gpt-4-turbo") == ["–", "41.2", "13.8", "21.6", "51.9", "46.5", "48.9"]
    assert here.line(-1, "base") == ["56.4", "31.8", "11.6", "54.2"]
    other = report(tmp_path, of, [pair(of[0], 0, 1.0)])
    assert '<details class="paper">' in other.html
    assert "this run is on another dataset" in other.text


def test_categories_of_the_paper_weigh_to_its_overall() -> None:
    questions = (282, 321, 96, 841, 446)
    for row in paper().f1[1:]:  # the row of humans does not: 91.1 by its categories
        *categories, overall = row.f1
        weighed = sum(n * f1 for n, f1 in zip(questions, categories, strict=True)) / sum(questions)
        assert weighed == pytest.approx(overall, abs=0.15), row.model


def test_corrected_golds_stand_beside_the_released_ones(tmp_path: Path) -> None:
    of = [conversation([{"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]}])]
    rows = [pair(of[0], 0, 1.0)]
    errata = {
        "errata": "tiny/1",
        "corrections": {"answer": 3, "evidence": 1},
        "questions": {"released": 1986, "corrected": 1949},
        "left_out": {"tiny:7": "a duplicate"},
        "ceiling": {"overall": 0.976, "single_hop": 0.974},
        "released_f1": {"qa": {"overall": 0.4, "single_hop": 0.5}},
        "corrected_f1": {"qa": {"overall": 0.42, "single_hop": 0.55}},
    }
    path = tmp_path / "report.html"
    predictions, scores = [p for p, _ in rows], [s for _, s in rows]
    write_report(path, card=CARD, conversations=of, predictions=predictions, scores=scores, errata=errata)
    page = Page(path.read_text(encoding="utf-8"))
    table = next(table for table in page.tables if table[0][1] == "Golds")
    assert table[1] == ["qa", "released", "–", "–", "–", "50.0", "–", "40.0"]
    assert table[2] == ["qa", "corrected", "–", "–", "–", "55.0", "–", "42.0"]
    assert table[3][-1] == "97.6"
    assert "By corrected golds" not in report(tmp_path, of, rows).text
