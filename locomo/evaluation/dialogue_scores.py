"""Scoring turns of a dialogue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo.captioning.names import INDEX
from locomo.evaluation.scored import OpenJudge
from locomo.files import read_json
from locomo.pipeline import Params, say
from locomo.pipeline.encoders import open_stored_encoder
from locomo.schema import Conversation
from locomo.schema.dialogue import DialogueRow
from locomo.schema.persona import PersonaVerdict
from locomo.schema.task_score import TaskScore
from locomo.scoring.dialogue.clip import pictures_in
from locomo.scoring.dialogue.persona import with_persona
from locomo.scoring.dialogue.score import ENCODER, pairs_of, score_dialogue
from locomo.tasks.dialogue.persona import fittings, judge_persona


@dataclass(frozen=True, slots=True)
class ScoredDialogue:
    """Rows of the task `dialogue` with what they earned."""

    rows: Sequence[DialogueRow] = ()
    scores: Sequence[TaskScore] = ()
    persona: Sequence[PersonaVerdict] = ()
    """What a judge said; empty without one."""


def score_dialogue_rows(
    params: Params,
    conversations: Sequence[Conversation],
    rows: Sequence[DialogueRow],
    open_judge: OpenJudge,
    *,
    where: str = "dialogue",
    images: Path | None = None,
) -> ScoredDialogue:
    """Score turns; InputError, starting with `where`, if one is about nothing that is in the dataset.

    With `judge.persona`, a language model as `judge.model` also says whether turns fit their speakers.
    `images` is a folder of pictures with an index.json, as the stage `caption` makes one.
    """
    if not rows:
        return ScoredDialogue()
    pairs = pairs_of(conversations, rows, where)
    encoder = open_stored_encoder(ENCODER, params.llm)

    def encode(texts: Sequence[str]) -> Any:
        return encoder.encode(list(texts), side="passage")

    clip = params.score.clip
    seen = {} if clip is None or images is None else _pictures(images)
    scores = score_dialogue(pairs, encode, params.score.bertscore, clip, seen)
    judge = params.judge
    if judge.model is None or not judge.persona:
        return ScoredDialogue(rows, scores)
    with open_judge(judge.model) as client:
        found = fittings(conversations, rows)
        verdicts = judge_persona(found, client, seed=params.seed, max_tokens=judge.max_tokens)
    say("persona", {"judged": len(verdicts), "without a verdict": sum(each.verdict is None for each in verdicts)})
    return ScoredDialogue(rows, with_persona(scores, verdicts, judge.model), verdicts)


def _pictures(folder: Path) -> dict[str, Path]:
    index = folder / INDEX
    return pictures_in(folder, read_json(index)) if index.is_file() else {}
