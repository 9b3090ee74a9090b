"""The report of memory systems: what their rows earned, beside what they took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from report_page import CARD, Page, conversation, pair

from locomo.reporting.join import JoinedAnswer, join
from locomo.reporting.means import results
from locomo.reporting.memory_section import CONTEXT, DOLLARS, TOKENS, MemorySection, memory_section
from locomo.reporting.report import write_report
from locomo.schema import Prediction, Score, Usage

OF = conversation([{"question": "Which pet?", "category": 4, "answer": "a cat", "evidence": ["D1:1"]}])
KINDS = {
    "rag_mem0_k10": ("mem0", 10, 0.6, 300),
    "rag_hybrid_k10": ("hybrid", 10, 0.4, 200),
    "qa": (None, None, 0.5, 900),
}
SUMS = {
    **{"sessions": 4, "calls": 8, "input_tokens": 9000, "output_tokens": 1000, "embedded_texts": 3, "bytes": 2_500_000},
    **{"search_calls": 5, "search_input_tokens": 400, "search_output_tokens": 100, "search_embedded_texts": 1},
}
PAID = SUMS | {"cost_usd": 0.75, "search_cost_usd": 0.125}


def rows(cost: float | None) -> list[tuple[Prediction, Score]]:
    found = []
    for unit, k, f1, tokens in KINDS.values():
        prediction, score = pair(OF, 0, f1, unit=unit, k=k, context=("D1:1",))
        usage = Usage(input_tokens=tokens, output_tokens=10, cost_usd=cost)
        found.append((prediction.model_copy(update={"usage": usage}), score))
    return found


def answers(cost: float | None) -> list[JoinedAnswer]:
    found = rows(cost)
    return join([OF], [prediction for prediction, _ in found], [score for _, score in found])


def section(cost: float | None, sums: dict[str, Any]) -> MemorySection:
    found = memory_section(results(answers(cost)), answers(cost), {"mem0": sums}, {"rag_mem0_k10": 0.05})
    assert found is not None
    return found


def test_a_line_has_score_context_and_what_ingestion_and_searches_took() -> None:
    hybrid, mem0 = section(0.01, PAID).lines
    assert mem0 == [
        *("rag_mem0_k10", "60.0 ±5.0", "100.0", "300", "8", "10,000", "0.7500", "5", "500", "0.1250", "2.5"),
    ]
    assert hybrid == ["rag_hybrid_k10", "40.0", "100.0", "200", *["–"] * 7]


def test_a_system_costs_its_ingestion_its_searches_and_the_answers() -> None:
    found = section(0.125, PAID)
    assert found.cost is not None
    assert found.cost.axis == DOLLARS
    words = {point.name: point.words for point in found.cost.points}
    assert words == {
        "rag_mem0_k10": "rag_mem0_k10: F1 60.0, 1",
        "qa": "qa: F1 50.0, 0.125",
        "rag_hybrid_k10": "rag_hybrid_k10: F1 40.0, 0.125",
    }


@pytest.mark.parametrize(
    ("cost", "sums"), [(None, PAID), (0.1, SUMS), (0.0, SUMS | {"cost_usd": 0, "search_cost_usd": 0})]
)
def test_where_a_price_is_unknown_or_all_is_free_tokens_are_counted(cost: float | None, sums: dict[str, Any]) -> None:
    found = section(cost, sums)
    assert found.cost is not None
    assert found.cost.axis == TOKENS
    words = {point.name: point.words for point in found.cost.points}
    assert words["rag_mem0_k10"].endswith(", 10,810")
    assert words["qa"].endswith(", 910")


def test_the_prompt_is_the_other_axis() -> None:
    found = section(0.1, PAID).context
    assert found is not None
    assert found.axis == CONTEXT
    assert {point.name: point.words.rpartition(", ")[2] for point in found.points} == {
        "rag_mem0_k10": "300",
        "qa": "900",
        "rag_hybrid_k10": "200",
    }


def test_the_page_has_a_section_only_if_there_are_memory_systems(tmp_path: Path) -> None:
    found = rows(0.01)

    def page(chosen: list[tuple[Prediction, Score]]) -> Page:
        write_report(
            tmp_path / "report.html",
            card=CARD,
            conversations=[OF],
            predictions=[prediction for prediction, _ in chosen],
            scores=[score for _, score in chosen],
            memory={"mem0": PAID},
        )
        return Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    whole = page(found)
    assert "Memory systems" in whole.text
    assert any(
        line[:6] == ["rag_mem0_k10", "60.0", "100.0", "300", "8", "10,000"] for table in whole.tables for line in table
    )
    assert DOLLARS in whole.html
    assert "Memory systems" not in page(found[-1:]).text
