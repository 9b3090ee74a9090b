"""Token-set F1, BLEU-1, ROUGE and BERTScore: against their definitions, and quick where many answers are alike."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from rouge_score.rouge_scorer import RougeScorer

from locomo.errors import InputError
from locomo.models import embedded
from locomo.scoring import bertscore as module
from locomo.scoring.bertscore import bertscore, f1
from locomo.scoring.bleu import bleu_1
from locomo.scoring.overlap import overlap, rouge
from locomo.scoring.token_set import token_set_f1


@pytest.fixture(autouse=True)
def _nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path))


WORDS = ["running", "dogs", "the", "self-care", "2023", "of,", "happiness", "Ünï", "it's", "She", "ran"]


def pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    pick = random.Random(seed)
    return [
        (" ".join(pick.choices(WORDS, k=pick.randint(0, 7))), " ".join(pick.choices(WORDS, k=4))) for _ in range(count)
    ]


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [
        ("a red kite", "a red kite", 1),
        ("The Cat.", "the cat", 1),
        ("dog dog", "dog", 1),  # a set: repetition does not count
        ("dogs", "dog", 0),  # and nothing is stemmed
        ("7 May, 2023", "7 May 2023", 1),
        ("the cat", "the dog", Fraction(1, 2)),  # nor are articles removed
        ("self-care", "self care", 0),
        ("", "dog", 0),
    ],
)
def test_token_set_f1(prediction: str, gold: str, expected: Fraction) -> None:
    assert token_set_f1(prediction, gold) == pytest.approx(float(expected), abs=1e-12)


def test_bleu_1_is_nltks_with_smoothing_method_1() -> None:
    from nltk import word_tokenize
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    smoothing = SmoothingFunction().method1
    for prediction, gold in pairs(200):
        reference, hypothesis = (word_tokenize(text.lower(), preserve_line=True) for text in (gold, prediction))
        expected = sentence_bleu([reference], hypothesis, weights=(1, 0, 0, 0), smoothing_function=smoothing)
        assert bleu_1(prediction, gold) == pytest.approx(expected if hypothesis else 0.0, abs=1e-12)
    assert bleu_1("the red kite", "the red kite") == 1.0
    assert bleu_1("kite", "the red kite") == pytest.approx(2.718281828459045 ** (1 - 3))  # all right, but brief
    assert bleu_1("kite kite", "kite") == 0.5  # clipped


def test_rouge_is_rouge_scores_with_stemming() -> None:
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True)
    expected = [
        {name: s.fmeasure for name, s in scorer.score(gold, prediction).items()} for prediction, gold in pairs(200)
    ]
    assert rouge(pairs(200)) == expected


def test_equal_pairs_are_computed_once_and_all_get_their_values() -> None:
    some = pairs(40)
    found = overlap(some * 3, None)
    assert found == overlap(some, None) * 3
    assert set(found[0]) == {"rouge1", "rouge2", "rougeL", "f1_token_set", "bleu1"}


SOME = [
    ("a red kite", "a crimson kite"),
    ("nine bees", "She paid forty euros"),
    ("", "kite"),
    ("kite", "kite"),
    ("nine bees", "a crimson kite"),
    ("kite " * 30, "kite"),
]


def test_bertscore_does_not_depend_on_what_else_is_scored() -> None:
    together = bertscore(SOME, "minilm")
    assert bertscore(SOME[::-1], "minilm") == together[::-1]
    assert together[2] == 0.0
    assert together[3] == pytest.approx(1.0, abs=1e-5)


def test_bertscore_is_bert_scores_own_where_nothing_is_padded() -> None:
    """Pairs alone, and five hundred in groups whose texts all have as many tokens."""
    from bert_score import BERTScorer

    scorer = BERTScorer(model_type=str(embedded.minilm()), num_layers=6)
    pick = random.Random(7)
    tokens = ["running", "dogs", "the", "happiness", "she", "ran", "lake", "honey", "garden", "two"]  # one each
    groups = [[SOME[place]] for place in (0, 1, 3, 4)]
    for length in (2, 4, 6, 8, 12):
        groups.append(
            [(" ".join(pick.choices(tokens, k=length)), " ".join(pick.choices(tokens, k=length))) for _ in range(100)]
        )
    for group in groups:
        theirs = scorer.score(*(list(side) for side in zip(*group, strict=True)))[:2]
        for ours, precision, recall in zip(
            bertscore(group, "minilm"), *(side.tolist() for side in theirs), strict=True
        ):
            assert ours == pytest.approx(f1(precision, recall), abs=1e-6 + 0.5e-6)  # ours are rounded to six decimals


def test_bertscore_gives_the_same_bytes_whatever_pythons_seed_of_hashes(tmp_path: Path) -> None:
    code = f"from locomo.scoring.bertscore import bertscore; print(bertscore({pairs(60)!r}, 'minilm'))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "LOCOMO_CACHE_DIR": str(tmp_path / seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_bertscore_loads_once_and_reads_each_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from bert_score import utils

    loads, read = [], []
    load, encode = utils.get_model, utils.bert_encode
    monkeypatch.setattr(utils, "get_model", lambda *a: loads.append(a) or load(*a))
    monkeypatch.setattr(
        utils, "bert_encode", lambda m, ids, **k: read.extend(set(map(tuple, ids.tolist()))) or encode(m, ids, **k)
    )
    golds = ["a kite", "two bees", "7 May 2023"]
    bertscore([(f"answer {n % 5}", gold) for n in range(50) for gold in golds], "minilm")
    assert len(loads) == 1
    # Small blocks are filled up with copies of what is in them.
    assert len(read) == len(set(read)) == 5 + 3


@pytest.mark.parametrize(("precision", "recall"), [(0.01, -0.009), (-0.1, -0.2), (0.0, 0.5)])
def test_what_is_no_mean_is_0(precision: float, recall: float) -> None:
    """Similarities can be negative: a harmonic mean of such runs off to any number."""
    assert f1(precision, recall) == 0.0


def test_an_encoder_that_nobody_knows() -> None:
    with pytest.raises(
        InputError, match=r"score\.bertscore: found 'minlm', expected minilm or .*; did you mean 'minilm'\?"
    ):
        module.bertscore([("a", "b")], "minlm")
