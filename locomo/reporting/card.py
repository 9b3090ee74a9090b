"""The protocol card: all that must be the same of two runs for their numbers to be comparable, in a few lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from locomo.dataset import fingerprint
from locomo.schema import DECLARATIONS, LOCAL, LOCOMO, Conversation, category_name
from locomo.scoring import ScoringProtocol
from locomo.scoring.local_judge import local_version

HASH_LENGTH: Final = 12
NONE: Final = "none"
PARAMETERS: Final = "parameters"
"""The line of a card that holds all parameters which can change a number."""
_BETWEEN: Final = "; "


def protocol_card(
    conversations: Sequence[Conversation],
    protocol: ScoringProtocol,
    *,
    models: Collection[str],
    answered: Collection[int],
    dataset: str,
    prompts: str,
    parameters: Mapping[str, Any],
    resolved: str,
    judge: str | None = None,
    errata: str | None = None,
) -> dict[str, str]:
    """Return the card of a run; its values are text, so that a table of differences reads like one.

    `models` are those that answered, `answered` the categories of the questions that were, `prompts` is the version of
    the prompts that were asked with, `parameters` the values of params.yaml that can change a number, `resolved` the
    hash of what their names stand for, `judge` who judged and how, `errata` the version of the corrections that were
    applied.
    """
    left_out = {category for category in protocol.optional if category not in answered}
    counted = Counter(
        question.category
        for conversation in conversations
        for _, question in conversation.chosen(protocol.categories)
        if question.category not in left_out
    )
    every = sum(len(conversation.questions) for conversation in conversations)
    part = f" of {every}" if any(conversation.subset is not None for conversation in conversations) else ""
    by_category = ", ".join(f"{category_name(category)} {count}" for category, count in sorted(counted.items()))
    return {
        "dataset": f"{dataset} {fingerprint(conversations)[:HASH_LENGTH]}",
        "errata": errata or NONE,
        "protocol": f"{protocol.name}, scored by {protocol.version}{_misfit(conversations, protocol)}",
        "prompts": prompts,
        "questions": f"{counted.total()}{part}: {by_category}",
        PARAMETERS: _BETWEEN.join(f"{name} {json.dumps(value)}" for name, value in parameters.items()),
        "model": ", ".join(sorted(models)) or NONE,
        "resolved": resolved,
        "judge": judge or NONE,
    }


def _misfit(conversations: Sequence[Conversation], protocol: ScoringProtocol) -> str:
    """Say of a protocol that it was not made for a dataset; nothing where it fits."""
    found = {each.declaration.title: protocol.name in each.declaration.protocols for each in conversations}
    strange = [title for title, fits in found.items() if not fits]
    return f"; made for {DECLARATIONS[LOCOMO].title}, not for {' and '.join(strange)}" if strange else ""


def parameters_of(line: str) -> dict[str, str]:
    """Return the values, as text, by name, of a card's line of parameters."""
    pairs = (pair.partition(" ") for pair in line.split(_BETWEEN) if pair)
    return {name: value.strip('"') for name, _, value in pairs}


def judge_line(model: str | None, prompt: str, version: str, votes: int) -> str | None:
    """Return who judged and how, in a line; None without a judge."""
    if model is None:
        return None
    if model == LOCAL:
        return f"{local_version()}: a logistic regression, no language model"
    return f"{model}, prompt {prompt} of {version}, {votes} {'vote' if votes == 1 else 'votes'}"
