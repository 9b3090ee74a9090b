"""Scoring turns of a dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from locomo.pipeline import Params
from locomo.pipeline.encoders import open_stored_encoder
from locomo.schema import Conversation
from locomo.schema.dialogue import DialogueRow
from locomo.schema.task_score import TaskScore
from locomo.scoring.dialogue.score import ENCODER, pairs_of, score_dialogue


@dataclass(frozen=True, slots=True)
class ScoredDialogue:
    """Rows of the task `dialogue` with what they earned."""

    rows: Sequence[DialogueRow] = ()
    scores: Sequence[TaskScore] = ()


def score_dialogue_rows(
    params: Params, conversations: Sequence[Conversation], rows: Sequence[DialogueRow], *, where: str = "dialogue"
) -> ScoredDialogue:
    """Score turns; InputError, starting with `where`, if one is about nothing that is in the dataset."""
    if not rows:
        return ScoredDialogue()
    pairs = pairs_of(conversations, rows, where)
    encoder = open_stored_encoder(ENCODER, params.llm)

    def encode(texts: Sequence[str]) -> Any:
        return encoder.encode(list(texts), side="passage")

    return ScoredDialogue(rows, score_dialogue(pairs, encode, params.score.bertscore))
