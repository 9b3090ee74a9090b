"""The protocol card: all that must be the same of two runs for their numbers to be comparable, in a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from locomo.dataset import fingerprint
from locomo.schema import Conversation, Prediction, category_name
from locomo.scoring import ScoringProtocol

HASH_LENGTH: Final = 12
NONE: Final = "none"


def protocol_card(
    conversations: Sequence[Conversation],
    predictions: Sequence[Prediction],
    protocol: ScoringProtocol,
    *,
    dataset: str,
    prompts: str,
    context: str,
    judge: str | None = None,
    errata: str | None = None,
) -> dict[str, str]:
    """Return the card of a run; its values are text, so that a table of differences reads like one.

    `prompts` is the version of the prompts that were asked with, `context` how much of a conversation a model was
    shown, `judge` who judged and how, `errata` the version of the corrections that were applied.
    """
    counted = Counter(
        question.category
        for conversation in conversations
        for question in conversation.questions
        if question.category in protocol.categories
    )
    by_category = ", ".join(f"{category_name(category)} {count}" for category, count in sorted(counted.items()))
    return {
        "dataset": f"{dataset} {fingerprint(conversations)[:HASH_LENGTH]}",
        "errata": errata or NONE,
        "protocol": f"{protocol.name}, scored by {protocol.version}",
        "prompts": prompts,
        "questions": f"{counted.total()}: {by_category}",
        "context": context,
        "model": ", ".join(sorted({row.model for row in predictions})) or NONE,
        "judge": judge or NONE,
    }


def judge_line(model: str | None, prompt: str, version: str, votes: int) -> str | None:
    """Return who judged and how, in a line; None without a judge."""
    if model is None:
        return None
    return f"{model}, prompt {prompt} of {version}, {votes} {'vote' if votes == 1 else 'votes'}"
