"""One line of a comparison: two means, what is known of their difference, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from locomo.scoring.comparison import Change, Verdict

Basis = Literal["questions", "conversations", "means"]
"""What verdicts are made from: the questions (or turns, or lists of events), their sums by conversation, or nothing but
means."""


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """One configuration and category, or metric of a task. Values in [0, 1]; None where only means are known."""

    configuration: str
    category: str
    """'overall', or a category's name; of the tasks `events` and `dialogue` a metric's name."""
    before: float
    after: float
    delta: float
    verdict: Verdict
    n: int | None = None
    conversations: int | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    """The 95% interval; of a category adjusted as `p` is."""
    p: float | None = None
    p_sign_flip: float | None = None
    p_mcnemar: float | None = None
    detectable: float | None = None
    """The smallest difference that 80 of 100 such pairs of runs would find."""

    @classmethod
    def of(cls, change: Change) -> ComparedLine:
        """Take what is shown of a change."""
        found = change.difference
        return cls(
            configuration=change.configuration,
            category=change.group,
            before=change.before,
            after=change.after,
            delta=change.delta,
            verdict=change.verdict,
            n=change.n,
            conversations=change.conversations,
            se=found.se,
            low=change.low,
            high=change.high,
            p=change.p,
            p_sign_flip=change.p_sign_flip,
            p_mcnemar=change.p_mcnemar,
            detectable=change.detectable,
        )
