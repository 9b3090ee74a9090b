"""A pair is scored once, and its score is the same whether it was scored before, alone or with others."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from locomo.scoring import bertscore as module
from locomo.scoring.bertscore import Scorer, bertscore
from locomo.scoring.bertscore_store import ScoreStore

PAIRS = [
    ("7 May 2023", "the 7th of May, 2023"),
    ("Ruth keeps bees.", "bees"),
    ("bees", "Bees"),
    ("", "nothing"),
    ("She moved to Lisbon with her sister after the summer", "Lisbon"),
    ("a", "b"),
    ("a", "No information available"),
    ("Mentoring program, school speech and an art show", "Mentoring program, school speech"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path))
    return tmp_path / "bertscore"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pairs were computed, a number for each call."""
    calls: list[int] = []
    score = Scorer.score

    def counting(self, pairs):
        calls.append(len(pairs))
        return score(self, pairs)

    monkeypatch.setattr(Scorer, "score", counting)
    return calls


def test_a_pair_is_scored_once(computed: list[int]) -> None:
    first = bertscore(PAIRS[:4], "minilm")
    again = bertscore(PAIRS[::-1], "minilm")
    assert computed == [3, 4]
    assert again[::-1][:4] == first
    assert bertscore(PAIRS, "minilm") == again[::-1]
    assert computed == [3, 4]


def test_a_score_does_not_depend_on_what_is_scored_beside_it(computed: list[int], folder: Path) -> None:
    together = bertscore(PAIRS, "minilm")
    (folder / "scores.sqlite").unlink()
    assert [bertscore([pair], "minilm")[0] for pair in PAIRS] == together
    assert computed == [7, *[1] * 7]


def test_where_all_is_known_no_model_is_loaded() -> None:
    first = bertscore(PAIRS, "minilm")
    script = (
        "import sys; from locomo.scoring.bertscore import bertscore\n"
        f"print(bertscore({PAIRS!r}, 'minilm'))\n"
        "print(sorted({'torch', 'transformers', 'bert_score'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [repr(first), "[]"]


def test_another_model_has_scores_of_its_own() -> None:
    ScoreStore("one").add({PAIRS[0]: 0.5})
    assert ScoreStore("one").get(PAIRS) == {PAIRS[0]: 0.5}
    assert ScoreStore("another").get(PAIRS) == {}


def test_without_a_place_to_keep_them_scores_are_computed(
    folder: Path, computed: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    expected = bertscore(PAIRS[:2], "minilm")
    (folder / "scores.sqlite").unlink()
    folder.rename(folder.with_name("moved"))
    folder.write_text("a file")
    with caplog.at_level(logging.WARNING, "locomo"):
        assert bertscore(PAIRS[:2], "minilm") == expected
    assert computed == [2, 2]
    assert "BERTScores are not kept" in caplog.text


def test_a_model_of_a_folder_has_no_revision_to_keep_scores_by(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    class Own:
        revision = None

        def __init__(self, model: str) -> None:
            assert model == "own"

        def score(self, pairs):
            return dict.fromkeys(pairs, 0.25)

    monkeypatch.setattr(module, "Scorer", Own)
    assert bertscore(PAIRS[:2], "own") == [0.25, 0.25]
    assert not folder.exists()
    Own.revision = "abc"
    assert bertscore(PAIRS[:2], "own") == [0.25, 0.25]
    assert ScoreStore("own@abc").get(PAIRS) == dict.fromkeys(PAIRS[:2], 0.25)
