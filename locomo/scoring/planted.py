"""Wrong answers to try a judge with, made from the gold answers of other questions: what it lets pass is its error."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from locomo.schema import Claim, Conversation
from locomo.scoring.f1 import multiset_f1
from locomo.scoring.protocol import WITH_GOLD
from locomo.scoring.refusal import refuses
from locomo.scoring.strict import normalised_f1

Kind = Literal["vague", "specific"]
KINDS: Final[tuple[Kind, ...]] = ("vague", "specific")
ALIKE: Final = 0.3
"""Golds with more F1 than this are too much alike for one to be a wrong answer to the other's question."""
_TEMPORAL: Final = 2
_VAGUE: Final = "It was something to do with {one}, or maybe {other}."
_VAGUE_TIME: Final = "Some time around {one}, or maybe {other}."


@dataclass(frozen=True, slots=True)
class Planted:
    """A wrong answer to question `id`: `specific` commits itself to something else, `vague` to nothing."""

    id: str
    kind: Kind
    claim: Claim


def plant(conversations: Sequence[Conversation], count: int, seed: int) -> list[Planted]:
    """Return a vague and a specific wrong answer to each of `count` questions, picked by `seed` from all categories.

    A specific one is the gold of another question of the same conversation and category; a vague one hedges between two
    such golds. Questions without two golds that are unlike theirs are passed over.
    """
    candidates = [
        (conversation, index)
        for conversation in conversations
        for index, question in enumerate(conversation.questions)
        if question.category in WITH_GOLD
    ]
    pick = random.Random(seed)  # noqa: S311  (nothing secret)
    pick.shuffle(candidates)
    found: list[Planted] = []
    for conversation, index in candidates:
        if len(found) >= 2 * count:
            break
        question, others = conversation.questions[index], _other_golds(conversation, index)
        if len(others) < 2:
            continue
        gold = question.reference or ""
        one, other = pick.sample(others, 2)
        template = _VAGUE_TIME if question.category == _TEMPORAL else _VAGUE
        for kind, answer in (("vague", template.format(one=one, other=other)), ("specific", one)):
            claim = Claim(question.question.strip(), gold, answer)
            found.append(Planted(conversation.question_id(index), "vague" if kind == "vague" else "specific", claim))
    return found


def _other_golds(conversation: Conversation, index: int) -> list[str]:
    """Return the different golds of the questions of the same category that say something else."""
    question = conversation.questions[index]
    gold = question.reference or ""
    golds = dict.fromkeys(
        other.reference
        for place, other in enumerate(conversation.questions)
        if place != index and other.category == question.category and other.reference
    )
    return [
        other
        for other in golds
        if not refuses(other) and max(normalised_f1(other, gold), multiset_f1(other, gold)) <= ALIKE
    ]
