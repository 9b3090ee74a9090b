"""Turns that a model has written, scored beside those that were spoken in their places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from locomo.errors import InputError, did_you_mean
from locomo.schema import Conversation, Turn
from locomo.schema.dialogue import DialogueRow
from locomo.schema.task_score import TaskScore
from locomo.scoring.bertscore import bertscore
from locomo.scoring.dialogue.bleu import bleus
from locomo.scoring.dialogue.clip import Clip, relevance
from locomo.scoring.events.matching import Encode
from locomo.scoring.overlap import rouge
from locomo.scoring.rouge_pypi import rouge_pypi

TURNS: Final = "turns"
"""The part of all scores of this task."""
ENCODER: Final = "minilm"
"""Of the similarity of captions, whatever else a run uses."""
CAPTIONS: Final = f"photo_similarity[{ENCODER}]"
PHOTO_PRECISION: Final = "photo_precision"
PHOTO_RECALL: Final = "photo_recall"
PHOTO_F1: Final = "photo_f1"


def pairs_of(
    conversations: Sequence[Conversation], rows: Sequence[DialogueRow], where: str = "dialogue"
) -> list[tuple[DialogueRow, Turn]]:
    """Return each row with the turn in whose place it is.

    InputError, starting with `where`, for a turn that is unknown, or that one configuration has twice.
    """
    turns = {(each.sample_id, turn.dia_id): turn for each in conversations for turn in each.turns}
    samples = [conversation.sample_id for conversation in conversations]
    found, seen = [], set()
    for row in rows:
        place = row.sample_id, row.turn
        if row.sample_id not in samples:
            hint = did_you_mean(row.sample_id, samples)
            raise InputError(f"{where}: conversation '{row.sample_id}' is not in the dataset{hint}")
        if place not in turns:
            raise InputError(f"{where}: {row.sample_id} has no turn {row.turn}")
        if (row.configuration, *place) in seen:
            raise InputError(f"{where}: '{row.configuration}' has two rows of {row.sample_id}, {row.turn}")
        seen.add((row.configuration, *place))
        found.append((row, turns[place]))
    return found


def score_dialogue(
    pairs: Sequence[tuple[DialogueRow, Turn]],
    encode: Encode,
    bertscore_model: str | None,
    clip: str | None = None,
    pictures: Mapping[str, Path] = MappingProxyType({}),
) -> list[TaskScore]:
    """Return a score for each row. `encode` is the encoder `ENCODER`, `clip` the name of a CLIP for `relevance`.

    `pictures` are the files that are here of what speakers share, by 'sample-1:D1:9'.

    BLEU, ROUGE-L and BERTScore compare the texts. `photo_precision` is given where the model shares a photo (1 if the
    speaker did), `photo_recall` where the speaker did (1 if the model does). Where the speaker's photo has a caption,
    `photo_similarity` is the cosine of it and the model's description, 0 if the model shares none or it is negative.
    """
    texts = [(row.prediction or "", turn.text) for row, turn in pairs]
    different = list(dict.fromkeys(texts))
    ours = dict(zip(different, rouge(different), strict=True))
    theirs = dict(zip(different, rouge_pypi(different), strict=True))
    word_overlap = {pair: bleus(*pair) for pair in different}
    similar = [None] * len(pairs) if bertscore_model is None else bertscore(texts, bertscore_model)
    captions = _captions(pairs, encode)
    relevant = _relevant(pairs, clip, pictures)
    scores = []
    for (row, turn), text, alike, caption, seen in zip(pairs, texts, similar, captions, relevant, strict=True):
        values = {
            **word_overlap[text],
            "rouge_l": ours[text]["rougeL"],
            "rouge_l_pypi": theirs[text]["rouge_l_pypi"],
        }
        if alike is not None:
            values[f"bertscore_f1[{bertscore_model}]"] = alike
        if row.photo is not None:
            values[PHOTO_PRECISION] = float(turn.shares_image)
        if turn.shares_image:
            values[PHOTO_RECALL] = float(row.photo is not None)
        if caption is not None:
            values[CAPTIONS] = caption
        values |= seen
        scores.append(
            TaskScore(
                sample_id=row.sample_id,
                configuration=row.configuration,
                part=TURNS,
                place=row.turn,
                values=values,
                error=row.error,
            )
        )
    return scores


def _relevant(
    pairs: Sequence[tuple[DialogueRow, Turn]], clip: str | None, pictures: Mapping[str, Path]
) -> list[dict[str, float]]:
    if clip is None:
        return [{} for _ in pairs]
    described = [
        (row.photo, turn.blip_caption, pictures.get(f"{row.sample_id}:{row.turn}") if turn.shares_image else None)
        for row, turn in pairs
    ]
    return relevance(described, Clip(clip))


def _captions(pairs: Sequence[tuple[DialogueRow, Turn]], encode: Encode) -> list[float | None]:
    """Return the similarity of both descriptions of a photo; None where the speaker's has none."""
    described = [(row.photo, turn.blip_caption) for row, turn in pairs]
    texts = sorted({text for photo, caption in described if photo and caption for text in (photo, caption)})
    vectors = dict(zip(texts, encode(texts), strict=True)) if texts else {}
    found: list[float | None] = []
    for photo, caption in described:
        if not caption:
            found.append(None)
        elif not photo:
            found.append(0.0)
        else:
            found.append(min(1.0, max(0.0, round(float(vectors[photo] @ vectors[caption]), 6))))
    return found


def photo_f1(precision: float | None, recall: float | None) -> float | None:
    """Return the harmonic mean of the means over all turns; None where no speaker shares a photo."""
    if recall is None:
        return None
    if not precision:
        return 0.0
    return 2 * precision * recall / (precision + recall) if recall else 0.0
