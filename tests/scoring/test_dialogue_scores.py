"""Scores of turns: those of the packages, and what is said of photos."""

from __future__ import annotations

import importlib
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nltk.tokenize import NLTKWordTokenizer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from rouge_score.rouge_scorer import RougeScorer
from tiny_blip import save_blip
from tiny_clip import LONGEST, save_clip

from locomo.dataset import read_conversations
from locomo.errors import InputError
from locomo.schema.dialogue import DialogueRow
from locomo.scoring.dialogue.bleu import bleus
from locomo.scoring.dialogue.score import pairs_of, photo_f1, score_dialogue
from locomo.scoring.overlap import rouge

SAMPLE = read_conversations(Path(__file__).resolve().parents[2] / "data/raw/sample.json")
IMAGES = Path(__file__).resolve().parents[2] / "data/raw/sample_images"
TURNS = [(each.sample_id, turn) for each in SAMPLE for turn in each.turns]
WORDS = ["Ruth", "keeps", "bees", "on", "the", "lake", "a", "canoe", "wins", "honey", "It's", "good.", "9"]


def encode(texts: Sequence[str]) -> Any:
    """Texts are alike where they are the same."""
    kinds = {"a canoe": [1.0, 0.0], "a hive": [0.0, 1.0]}
    return np.array([kinds.get(text, [0.6, 0.8]) for text in texts], dtype=np.float32)


def random_pairs() -> list[tuple[str, str]]:
    rng = random.Random(3)

    def text() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randint(1, 25)))

    return [(text(), text()) for _ in range(500)]


def test_bleu_is_that_of_nltk_on_five_hundred_pairs() -> None:
    tokenizer, method = NLTKWordTokenizer(), SmoothingFunction().method1
    for prediction, gold in random_pairs():
        found = bleus(prediction, gold)
        sides = {
            "": [tokenizer.tokenize(text.lower()) for text in (prediction, gold)],
            "_characters": [list(text.lower()) for text in (prediction, gold)],
        }
        for suffix, (predicted, expected) in sides.items():
            for number, weights in ((1, (1.0, 0, 0, 0)), (2, (0.5, 0.5, 0, 0))):
                theirs = sentence_bleu([expected], predicted, weights=weights, smoothing_function=method)
                assert found[f"bleu_{number}{suffix}"] == pytest.approx(theirs, abs=1e-6)


def test_rouge_l_is_that_of_its_package_on_five_hundred_pairs() -> None:
    scorer = RougeScorer(["rougeL"], use_stemmer=True)
    pairs = random_pairs()
    for (prediction, gold), found in zip(pairs, rouge(pairs), strict=True):
        assert found["rougeL"] == pytest.approx(scorer.score(gold, prediction)["rougeL"].fmeasure, abs=1e-6)


def test_what_was_really_said_scores_one() -> None:
    rows = [
        DialogueRow(
            sample_id=sample,
            turn=turn.dia_id,
            prediction=turn.text,
            photo=(turn.blip_caption or "a photo") if turn.shares_image else None,
        )
        for sample, turn in TURNS
    ]
    for score in score_dialogue(pairs_of(SAMPLE, rows), encode, "minilm"):
        assert score.values == pytest.approx(dict.fromkeys(score.values, 1.0), abs=1e-6)
        assert {"bleu_1", "bleu_2_characters", "rouge_l", "rouge_l_pypi", "bertscore_f1[minilm]"} <= set(score.values)


def test_photos_are_counted_where_either_side_shares_one() -> None:
    shared = [(sample, turn) for sample, turn in TURNS if turn.blip_caption][:2]
    without = next((sample, turn) for sample, turn in TURNS if not turn.shares_image)
    given = [(*shared[0], "a canoe"), (*shared[1], None), (*without, "a hive")]
    rows = [DialogueRow(sample_id=s, turn=turn.dia_id, prediction="x", photo=photo) for s, turn, photo in given]
    right, missed, made_up = (score.values for score in score_dialogue(pairs_of(SAMPLE, rows), encode, None))
    assert (right["photo_precision"], right["photo_recall"]) == (1.0, 1.0)
    assert right["photo_similarity[minilm]"] == pytest.approx(0.6)
    assert (missed["photo_recall"], missed["photo_similarity[minilm]"]) == (0.0, 0.0)
    assert "photo_precision" not in missed
    assert made_up["photo_precision"] == 0.0
    assert not {"photo_recall", "photo_similarity[minilm]"} & set(made_up)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clip(tmp_path_factory.mktemp("models") / "clip")


def test_relevance_is_the_cosine_that_clip_gives(clip: Path) -> None:
    from PIL import Image

    transformers: Any = importlib.import_module("transformers")
    model = transformers.CLIPModel.from_pretrained(clip).eval()
    shared = next((sample, turn) for sample, turn in TURNS if turn.blip_caption)
    described, caption = "a red canoe in the garden", str(shared[1].blip_caption)
    files = {f"{s}:{t.dia_id}": p for (s, t), p in zip([shared], sorted(IMAGES.rglob("*.png")), strict=False)}
    (row,) = (DialogueRow(sample_id=s, turn=t.dia_id, prediction="x", photo=described) for s, t in [shared])
    (score,) = score_dialogue(pairs_of(SAMPLE, [row]), encode, None, f"hf/{clip}", files)
    tokens = transformers.AutoTokenizer.from_pretrained(clip)(
        [described, caption], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
    )
    picture = Image.open(next(iter(files.values()))).convert("RGB")
    pixels = transformers.CLIPImageProcessorPil.from_pretrained(clip)(images=[picture], return_tensors="pt")
    out = model(**{k: v for k, v in tokens.items() if k != "token_type_ids"}, **pixels)
    texts, seen = out.text_embeds.detach(), out.image_embeds.detach()
    assert score.values[f"mm_relevance_caption[{clip}]"] == pytest.approx(
        max(0.0, float(texts[0] @ texts[1])), abs=1e-5
    )
    assert score.values[f"mm_relevance_picture[{clip}]"] == pytest.approx(max(0.0, float(texts[0] @ seen[0])), abs=1e-5)
    assert "photo_similarity[minilm]" in score.values


def test_relevance_of_the_same_words_is_one_and_of_no_photo_zero(clip: Path) -> None:
    captioned = [(sample, turn) for sample, turn in TURNS if turn.blip_caption][:3]
    photos = [captioned[0][1].blip_caption, None, "a dog in the snow"]
    rows = [
        DialogueRow(sample_id=sample, turn=turn.dia_id, prediction="x", photo=photo)
        for (sample, turn), photo in zip(captioned, photos, strict=True)
    ]
    name = f"mm_relevance_caption[{clip}]"
    same, missed, other = (each.values for each in score_dialogue(pairs_of(SAMPLE, rows), encode, None, f"hf/{clip}"))
    assert (same[name], missed[name]) == (pytest.approx(1.0, abs=1e-5), 0.0)
    assert 0.0 <= other[name] < 1.0
    assert not any(key.startswith("mm_relevance_picture") for key in same)
    without = next((sample, turn) for sample, turn in TURNS if not turn.shares_image)
    row = DialogueRow(sample_id=without[0], turn=without[1].dia_id, prediction="x", photo="a dog")
    (score,) = score_dialogue(pairs_of(SAMPLE, [row]), encode, None, f"hf/{clip}")
    assert not any(key.startswith("mm_") for key in score.values)


def test_what_is_no_clip_is_said(tmp_path: Path) -> None:
    row = DialogueRow(sample_id="sample-1", turn="D1:2", prediction="x")
    with pytest.raises(InputError, match="holds a model of kind 'blip', expected 'clip'"):
        score_dialogue(pairs_of(SAMPLE, [row]), encode, None, f"hf/{save_blip(tmp_path / 'blip')}")
    with pytest.raises(InputError, match="not a folder with a model"):
        score_dialogue(pairs_of(SAMPLE, [row]), encode, None, f"hf/{tmp_path / 'gone'}")


@pytest.mark.parametrize(
    ("precision", "recall", "f1"), [(0.5, 1.0, 2 / 3), (None, 0.0, 0.0), (0.0, 0.0, 0.0), (0.5, None, None)]
)
def test_f1_of_photos(precision: float | None, recall: float | None, f1: float | None) -> None:
    assert photo_f1(precision, recall) == (None if f1 is None else pytest.approx(f1))


def test_a_failed_call_says_nothing() -> None:
    sample, turn = TURNS[1]
    row = DialogueRow(sample_id=sample, turn=turn.dia_id, prediction=None, error="filtered")
    (score,) = score_dialogue(pairs_of(SAMPLE, [row]), encode, None)
    assert score.error == "filtered"
    assert {score.values[name] for name in ("bleu_1", "bleu_2_characters", "rouge_l", "rouge_l_pypi")} == {0.0}


@pytest.mark.parametrize(
    ("change", "said"),
    [({"sample_id": "sample-9"}, "'sample-9' is not in the dataset"), ({"turn": "D1:999"}, "has no turn D1:999")],
)
def test_rows_about_nothing_are_named(change: dict[str, str], said: str) -> None:
    row = DialogueRow.model_validate({"sample_id": "sample-1", "turn": "D1:2", "prediction": "x"} | change)
    with pytest.raises(InputError, match=said):
        pairs_of(SAMPLE, [row])


def test_a_turn_twice_is_named() -> None:
    row = DialogueRow(sample_id="sample-1", turn="D1:2", prediction="x")
    with pytest.raises(InputError, match="two rows of sample-1, D1:2"):
        pairs_of(SAMPLE, [row, row])
