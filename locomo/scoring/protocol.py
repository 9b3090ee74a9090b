"""How answers are scored: all that changes a score, under one name (the asking half is in `locomo.tasks`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from locomo.errors import InputError, did_you_mean
from locomo.schema import CATEGORIES, Question
from locomo.scoring.f1 import answer_score
from locomo.scoring.strict import strict_score

ALL: Final = tuple(CATEGORIES)


@dataclass(frozen=True, slots=True)
class ScoringProtocol:
    """The scoring half of a protocol: see docs/protocols.md."""

    name: str
    version: str
    """Stands for the exact rules: raised when a score of the same answer changes."""
    categories: tuple[int, ...] = ALL
    """Whose questions are asked and counted."""
    strict: bool = False
    """Whether texts are normalised, evidence is repaired, and lists are compared on both sides."""
    needs_judge: bool = False
    optional: tuple[int, ...] = ()
    """Categories that answers may leave out as a whole: many published files have 1,540 answers."""

    def answer_score(self, question: Question, prediction: str) -> float | None:
        """Return the score in [0, 1] of an answer given without options; None if a judge alone can score it."""
        return (strict_score if self.strict else answer_score)(question, prediction)


PROTOCOLS: Final = {
    protocol.name: protocol
    for protocol in (
        ScoringProtocol("paper", "paper-2"),
        ScoringProtocol("head", "paper-2"),
        ScoringProtocol("strict", "strict-2", strict=True),
        ScoringProtocol("judge", "paper-2", needs_judge=True, optional=(5,)),
    )
}


def scoring_protocol(name: str) -> ScoringProtocol:
    """Return a scoring protocol by name; InputError for an unknown one."""
    if name not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise InputError(f"protocol '{name}': expected one of {known}{did_you_mean(name, PROTOCOLS)}")
    return PROTOCOLS[name]
