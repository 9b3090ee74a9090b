"""What `evaluate`, `score` and `compare` return: shown, saved, and read by the commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas
import pytest
from conftest import SAMPLE
from empty_folder import empty_folder, shared_cache
from typer.testing import CliRunner

from locomo import InputError, Results, compare, evaluate, load_dataset, score
from locomo.cli.main import app

__all__ = ["empty_folder", "shared_cache"]  # fixtures


def locomo(*arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def words() -> Results:
    return evaluate("bm25", model="mock/words", baselines=["no_memory"])


@pytest.fixture
def refusing() -> Results:
    return evaluate("bm25", model="mock/refuse")


def test_a_table_prints_and_shows_itself(words: Results) -> None:
    text = str(words.table())
    assert text.startswith("dataset sample, model words, protocol strict\n")
    assert "rag_dialog_k5" in text
    assert "no_memory" in text
    html = words._repr_html_()
    assert html.count("<tr") == 1 + len(words.metrics)
    assert f"{100 * words.metrics['rag_dialog_k5']['overall']['f1_normalised']:.1f} ±" in html
    assert repr(words).startswith("Results of 'bm25 with mock/words'\n")


def test_rows_hold_question_gold_answer_contexts_and_scores(words: Results) -> None:
    frame = words.to_pandas()
    assert len(frame) == 2 * 131
    assert frame[frame["configuration"] == "rag_dialog_k5"]["contexts"].map(len).max() == 5
    mean = frame[frame["configuration"] == "rag_dialog_k5"]["f1_normalised"].mean()
    assert mean == pytest.approx(words.metrics["rag_dialog_k5"]["overall"]["f1_normalised"])
    assert "bertscore_f1" not in frame
    first = words.questions[0]
    assert (first["id"], first["gold"], first["category"]) == ("sample-1:0", "3 March 2023", "temporal")
    assert {"answer", "contexts", "error", "rouge_l"} <= set(first)


def test_a_saved_folder_is_read_by_the_commands(
    words: Results, refusing: Results, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    one, two = words.save(tmp_path / "words"), refusing.save(tmp_path / "refusing")
    found = json.loads(locomo("compare", one, two, "--json"))
    here = compare(words, refusing)
    assert found["verdicts"] == here.verdicts
    assert [line["delta"] for line in found["lines"]] == pytest.approx([line.delta for line in here.lines])
    assert found["flips"]
    assert len(found["flips"]) == len(here.flips)
    assert found["card_differences"] == [
        {"key": each.key, "before": each.before, "after": each.after} for each in here.card_differences
    ]
    scored = json.loads(
        locomo("score", one / "data/predictions/rag.jsonl", "--data", SAMPLE, "--protocol", "strict", "--json")
    )
    assert scored["overall"]["f1"] == words.metrics["rag_dialog_k5"]["overall"]["f1_normalised"]
    monkeypatch.chdir(one)
    table = locomo("results")
    assert "dataset sample, model words, protocol strict" in table
    assert "rag_dialog_k5" in table
    assert (one / "reports/report.html").stat().st_size > 100_000


def test_saving_again_replaces_and_spares_what_is_not_ours(words: Results, refusing: Results, tmp_path: Path) -> None:
    folder = words.save(tmp_path / "run")
    (folder / "notes.txt").write_text("mine")
    refusing.save(folder)
    assert json.loads((folder / "metrics/f1.json").read_text())["model"] == "refuse"
    assert (folder / "notes.txt").read_text() == "mine"
    with pytest.raises(InputError, match="holds other things than saved results; save to a new folder"):
        words.save(tmp_path)


def test_comparing_results_folders_and_both(words: Results, refusing: Results, tmp_path: Path) -> None:
    saved = words.save(tmp_path / "words")
    direct, mixed = compare(words, refusing), compare(saved, refusing)
    assert direct.verdicts == mixed.verdicts == {"rag_dialog_k5": direct.overall[0].verdict}
    assert [line.delta for line in direct.lines] == pytest.approx([line.delta for line in mixed.lines])
    assert "bm25 with mock/words → bm25 with mock/refuse" in str(direct.table())
    assert direct._repr_html_().count("<tr") == 1 + len(direct.lines)
    assert set(direct.to_pandas()["verdict"]) <= {"better", "worse", "noise", "unknown"}
    assert direct.only_before == ["no_memory"]
    assert compare(words, refusing, metric="recall").overall[0].delta == 0  # the same was retrieved


def test_two_systems_under_names_of_their_own_are_compared(words: Results) -> None:
    single = evaluate(lambda conversation, question: "Not mentioned")
    found = compare(evaluate("bm25", model="mock/words"), single)
    assert list(found.verdicts) == ["rag_dialog_k5 → qa"]


ROWS: list[dict[str, Any]] = [
    {"id": row["id"], "prediction": "3 March 2023", "context_ids": ["D1:3"]} for row in load_dataset(SAMPLE).questions
]


def test_predictions_from_a_path_rows_and_a_frame_score_alike(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    from_rows, *others = (score(source, protocol="paper") for source in (ROWS, file, pandas.DataFrame(ROWS)))
    command = json.loads(locomo("score", file, "--data", SAMPLE, "--json"))
    assert command["overall"]["f1"] == from_rows.metrics["qa"]["overall"]["f1_stemmed_multiset"] > 0
    assert all(other.metrics == from_rows.metrics for other in others)
    assert from_rows.save(tmp_path / "saved").joinpath("metrics/f1.json").is_file()
    assert compare(from_rows, tmp_path / "saved").verdicts == {"qa": "noise"}


def test_other_names_of_configurations_are_kept(tmp_path: Path) -> None:
    rows = [row | {"task": "rag", "unit": "memory", "k": 7} for row in ROWS] + [row | {"task": "mem0"} for row in ROWS]
    found = score(rows)
    assert list(found.metrics) == ["rag_memory_k7", "mem0"]
    saved = found.save(tmp_path / "saved")
    assert list(compare(saved, found).verdicts) == ["rag_memory_k7", "mem0"]
    assert list(score(rows, key="mem0").metrics) == ["mem0"]


def test_results_are_scored_again_with_a_judge_and_another_protocol(words: Results) -> None:
    assert score(words).metrics["rag_dialog_k5"] == words.metrics["rag_dialog_k5"]
    judged = score(words, judge="mock/words", key="rag_dialog_k5")
    assert 0 < judged.metrics["rag_dialog_k5"]["overall"]["judge_accuracy[balanced]"] < 1


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (ROWS[1:], "predictions: 1 of 131 questions have no prediction in 'qa', the first is 'sample-1:0'"),
        ([{"id": "sample-1:0"}], "predictions, row 1: prediction: missing, and there is no 'error' that says why"),
        ([*ROWS, {"id": "x:0", "prediction": ""}], "predictions: sample 'x' (of 'x:0') is not in the dataset"),
        ("nowhere.jsonl", "nowhere.jsonl: no such file"),
        (3, "predictions: found int, expected a path, a list of rows or a DataFrame"),
    ],
)
def test_a_mistake_in_predictions_is_one_line(source: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        score(source, protocol="paper")
    assert str(caught.value) == said


def test_runs_that_are_not_there() -> None:
    with pytest.raises(InputError, match=r"'nowhere': .*expected a folder, a file, a git revision"):
        compare("nowhere", "elsewhere")
