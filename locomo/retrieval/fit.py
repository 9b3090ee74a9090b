"""Fitting the learned retriever: a softmax over the turns of a conversation, the evidence being what should be likely.

The listwise loss of Cao, Qin, Liu, Tsai and Li, "Learning to rank: from pairwise approach to listwise approach"
(ICML 2007), with the cited turns of a question equally likely and all others not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from locomo.retrieval.scores import Scores
from locomo.schema import Conversation

PENALTY: Final = 1e-3
"""Of the squared weights of standardised features: too little to matter, enough for one solution only."""
DECIMALS: Final = 4


@dataclass(frozen=True, slots=True)
class Lesson:
    """The questions of one conversation whose evidence exists."""

    features: NDArray[np.float32]
    """Of shape (questions, turns, features)."""
    wanted: NDArray[np.float32]
    """Of shape (questions, turns): rows sum to 1."""


def lesson(
    conversation: Conversation, features: dict[str, Scores], names: Sequence[str], *, adversarial: bool = True
) -> Lesson:
    """Return what there is to learn from a conversation, by the features of these names.

    Without `adversarial`, nothing of category 5: its questions name the wrong speaker, as no other dataset's do.
    """
    place = {turn.dia_id: number for number, turn in enumerate(conversation.turns)}
    wanted = np.zeros((len(conversation.questions), len(place)), dtype=np.float32)
    for row, question in zip(wanted, conversation.questions, strict=True):
        row[[place[name] for name in set(question.evidence) if name in place]] = 1
    taught = np.array([adversarial or question.category != 5 for question in conversation.questions], dtype=bool)
    usable = wanted.any(axis=1) & taught
    wanted = wanted[usable] / wanted[usable].sum(axis=1, keepdims=True)
    return Lesson(np.stack([features[name][usable] for name in names], axis=-1).astype(np.float32), wanted)


def fit(lessons: Sequence[Lesson]) -> list[float]:
    """Return the weight of each feature that makes the evidence of all lessons likeliest, by L-BFGS from zero.

    ValueError if there is nothing to learn from.
    """
    from scipy.optimize import minimize

    total = sum(len(one.wanted) for one in lessons)
    if not total:
        raise ValueError("no question with evidence to learn from")
    size = lessons[0].features.shape[-1]
    flat = [one.features.reshape(-1, size) for one in lessons]
    spread = np.sqrt(np.mean([rows.var(axis=0, dtype=np.float64) for rows in flat], axis=0))
    spread[spread < 1e-9] = 1.0  # a feature that never varies moves nothing

    def loss(scaled: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = (scaled / spread).astype(np.float32)
        value, gradient = 0.0, np.zeros(size)
        for one, rows in zip(lessons, flat, strict=True):
            logits = one.features @ weights
            logits -= logits.max(axis=1, keepdims=True)
            likely = np.exp(logits)
            norm = likely.sum(axis=1, keepdims=True)
            value += float((np.log(norm[:, 0]) - (one.wanted * logits).sum(axis=1)).sum(dtype=np.float64))
            gradient += (likely / norm - one.wanted).ravel() @ rows
        return value / total + PENALTY * float(scaled @ scaled), gradient / spread / total + 2 * PENALTY * scaled

    found: Any = minimize(loss, np.zeros(size), jac=True, method="L-BFGS-B")
    return [round(float(weight), DECIMALS) for weight in found.x / spread]
