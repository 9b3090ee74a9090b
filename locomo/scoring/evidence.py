"""The evidence of questions, repaired where it is malformed (`strict`)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from locomo.schema import Conversation

_SEPARATORS: Final = re.compile(r"[;,\s]+")
_ID: Final = re.compile(r"D:?0*(\d+):0*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The turns that bear a question out, after repair."""

    ids: tuple[str, ...]
    """Ids that the conversation has; none for a question that recall cannot be computed of."""
    unusable: tuple[str, ...]
    """What was cited and names no turn of the conversation."""
    repaired: bool
    """Whether `ids` are other than what was cited."""


def repaired(cited: Sequence[str], turns: Collection[str]) -> Evidence:
    """Take citations apart: 'D8:6; D9:17' cites two turns, 'D:11:26' is D11:26, 'D30:05' is D30:5.

    What then names no turn of the conversation ('D', a turn that it does not have) is left out.
    """
    ids: list[str] = []
    unusable: list[str] = []
    for citation in cited:
        for piece in filter(None, _SEPARATORS.split(citation)):
            match = _ID.fullmatch(piece)
            name = f"D{match[1]}:{match[2]}" if match else None
            if name is not None and name in turns:
                ids.append(name)
            else:
                unusable.append(piece)
    different = tuple(dict.fromkeys(ids))
    return Evidence(different, tuple(unusable), repaired=list(different) != list(dict.fromkeys(cited)))


def evidence_report(conversations: Sequence[Conversation], categories: Collection[int]) -> dict[str, list[Any]]:
    """Return {'repaired': [...], 'excluded': [...]}: the questions whose evidence `strict` takes otherwise."""
    found: dict[str, list[Any]] = {"repaired": [], "excluded": []}
    for conversation in conversations:
        turns = {turn.dia_id for turn in conversation.turns}
        for index, question in conversation.chosen(categories):
            evidence = repaired(question.evidence, turns)
            row = {"id": conversation.question_id(index), "category": question.category, "cited": question.evidence}
            if not evidence.ids:
                found["excluded"].append(row)
            elif evidence.repaired:
                found["repaired"].append(row | {"used": list(evidence.ids), "unusable": list(evidence.unusable)})
    return found
