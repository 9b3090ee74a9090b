"""What a comparison says beside its verdicts: cards, repeats, what could have been found, and several runs at once."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from locomo.errors import InputError
from locomo.pipeline.params import Params
from locomo.reporting.comparison import Comparison, Run, compare, words
from locomo.reporting.comparison.comparison import UNDER_TEST
from locomo.reporting.comparison.lines_table import lines_table
from locomo.reporting.comparison.markdown import to_markdown
from locomo.reporting.comparison.page import to_html
from locomo.reporting.comparison.run import open_run, run_of
from locomo.reporting.comparison.side_by_side import SideBySide
from locomo.schema import Score
from locomo.scoring.statistics import Plan, detectable, holm_levels, power

MEASURE = ("dataset", "judge.", "protocol", "score.", "subset.")
"""Parameters that decide what a number means: runs that differ in them are told not to be comparable."""
SIZES = [199, 105, 193, 260, 242, 158, 190, 239, 196, 204]


def scores(seed: int, shift: float = 0.0, *, configuration: str = "qa", conversations: int = 10) -> list[Score]:
    rng = np.random.default_rng(seed)
    return [
        Score(
            id=f"conv-{c}:{i}",
            configuration=configuration,
            category=[1, 2, 3, 4, 4, 4, 5][i % 7],
            f1=float(np.clip(rng.random() + shift, 0, 1)),
            recall=1.0,
            has_evidence=True,
            has_context=False,
        )
        for c, size in enumerate(SIZES[:conversations])
        for i in range(size)
    ]


def run(name: str, rows: list[Score]) -> Run:
    return run_of(name, rows, [], [], conversations=[], files={})


def pair(seed: int = 0, shift: float = 0.05, **more: int) -> Comparison:
    return compare(run("a", scores(seed, **more)), run("b", scores(seed + 1, shift, **more)))


def test_runs_without_cards_are_not_said_to_have_the_same(tmp_path: Path) -> None:
    found = pair()
    assert not found.same_cards
    assert "cards are the same" not in to_html(found)
    carded = [
        run_of(name, scores(seed), [], [], conversations=[], files={"f1.json": {"model": "m", "card": {}}})
        for seed, name in enumerate("ab")
    ]
    assert compare(*carded).same_cards


def test_one_run_with_repeats_is_noted_and_its_scores_are_means() -> None:
    repeated = [row for n, name in enumerate(("qa", "qa#2", "qa#3")) for row in scores(10 + n, configuration=name)]
    found = compare(run("a", repeated), run("b", scores(20)))
    assert any("asked 3 times before and once after" in note for note in found.notes)
    flip = found.flips[0]
    assert (flip.before.repeats, flip.after.repeats) == (3, 1)
    assert words.scored(flip.before).endswith("mean of 3 answers; this is the first")
    assert words.scored(flip.after) == words.percent(flip.after.score)


@pytest.mark.parametrize("value", [7.5, -0.1])
def test_a_score_outside_of_0_to_1_is_refused(value: float, tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    path.write_text(json.dumps({"id": "c:0", "category": 4, "f1": value}) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=rf"row 1: f1: found {value}, expected a number from 0 to 1"):
        open_run(str(path))


def test_configurations_that_are_compared_are_not_listed_as_missing() -> None:
    a = run("a", [*scores(0, configuration="qa"), *scores(1, configuration="old")])
    b = run("b", [*scores(2, configuration="rag"), *scores(3, configuration="new")])
    found = compare(a, b, configurations=["qa=rag"])
    assert (found.only_before, found.only_after) == (["old"], ["new"])


def test_of_two_systems_neither_is_before_the_other() -> None:
    rows = [*scores(0, configuration="rag_mem0_k10"), *scores(1, configuration="rag_txtai_k10")]
    found = compare(run("a", rows), run("a", rows), configurations=["rag_mem0_k10=rag_txtai_k10"])
    assert words.sides(found.lines) == ("first", "second")
    assert "| n | first | second |" in to_markdown(found)
    assert ">second</th>" in to_html(found)
    assert words.sides(pair().lines) == ("before", "after")


@pytest.mark.parametrize("seed", range(8))
def test_an_interval_beside_an_adjusted_p_is_adjusted(seed: int) -> None:
    found = pair(10 * seed, 0.03)
    plain = 2.262  # t(0.975, 9)
    for line in found.lines:
        assert line.se is not None
        assert line.high is not None
        half = (line.high - line.delta) / line.se
        assert half == pytest.approx(plain, abs=1e-3) if line.category == "overall" else half >= plain - 1e-3
    widest = max((line.high - line.delta) / line.se for line in found.lines if line.se and line.high is not None)
    assert widest == pytest.approx(3.25, abs=0.01)  # t(0.995, 9): one of five at 0.05


def test_levels_go_with_adjusted_p() -> None:
    assert holm_levels([0.03, 0.001, 0.2], 0.06) == pytest.approx([0.03, 0.02, 0.06])


def test_categories_of_few_conversations_have_no_verdict() -> None:
    found = pair(shift=0.4, conversations=5)
    by_category = {line.category: line.verdict for line in found.lines}
    assert by_category.pop("overall") == "better"
    assert set(by_category.values()) == {"unknown"}
    assert "too few for verdicts on categories" in words.rule(found)
    assert "better" in {line.verdict for line in pair(shift=0.4, conversations=6).lines if line.category != "overall"}


def test_the_smallest_difference_that_could_be_found_is_what_simulation_finds() -> None:
    rng, plan = np.random.default_rng(0), Plan(0.4, 0.2, 0.02)
    sizes = np.array(SIZES)
    se = plan.se(SIZES, 1)
    smallest = detectable(se, len(SIZES))
    assert smallest is not None
    assert power(smallest, se, len(SIZES)) == pytest.approx(0.8, abs=0.02)
    means = smallest + rng.normal(0, plan.conversation_sd, (4000, 10))
    means += rng.normal(0, (plan.question_sd**2 + 2 * plan.answer_sd**2) ** 0.5, (4000, 10)) / sizes**0.5
    mean = means @ sizes / sizes.sum()
    errors = np.sqrt(10 / 9 * (((means - mean[:, None]) * sizes) ** 2).sum(axis=1)) / sizes.sum()
    assert np.mean(mean / errors > 2.262) == pytest.approx(0.8, abs=0.06)


def test_verdicts_are_seen_in_80_columns() -> None:
    found = pair()
    for width in (80, 120):
        console = Console(file=io.StringIO(), width=width)
        console.print(lines_table(found, width=width))
        rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
        overall = next(row for row in rows if row.strip().startswith("qa"))
        assert overall.rstrip().endswith(words.MARKS[found.verdicts["qa"]])
        assert all(
            part in overall for part in (words.probability(found.overall[0].p), words.interval(found.overall[0]))
        )


def test_a_page_makes_nodes_of_few_flips_only() -> None:
    found = pair()
    page = to_html(found)
    assert len(found.flips) > 500
    assert "<article" not in page
    (data,) = re.findall(r'<script id="data" type="application/json">(.*?)</script>', page, re.DOTALL)
    rows = json.loads(data)
    assert len(rows) == len(found.flips)
    assert rows[0]["lines"][1] == ["before", "(the answers are not here)", words.scored(found.flips[0].before)]


def test_several_runs_beside_a_baseline_are_one_family() -> None:
    baseline = run("base", scores(0))
    found = SideBySide.of([compare(baseline, run(f"r{n}", scores(n, 0.05 * (n == 4)))) for n in range(1, 5)])
    assert (found.baseline, found.runs) == ("base", ["r1", "r2", "r3", "r4"])
    alone = [each.overall[0] for each in found.comparisons]
    (lines,) = found.lines.values()
    for one, adjusted in zip(alone, lines, strict=True):
        assert adjusted is not None
        assert one.p is not None
        assert adjusted.p is not None
        assert adjusted.p >= one.p
        assert (adjusted.before, adjusted.after) == (one.before, one.after)
    assert lines[3] is not None
    assert lines[3].verdict == "better"
    assert found.to_json()["verdicts"]["qa"]["r4"] == "better"
    assert found.to_markdown().count("\n| ") == 1 + 1 + 4
    with pytest.raises(InputError, match="at least one run"):
        SideBySide.of([])


def test_every_parameter_is_compared_or_decides_what_a_number_means() -> None:
    names = Params(dataset="sample", model="mock/words", protocol="paper").on_card
    assert all(name.startswith(UNDER_TEST) != name.startswith(MEASURE) for name in names)
