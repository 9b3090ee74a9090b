"""What a judge is shown of an answer, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from locomo.schema.prediction import Usage

LOCAL: Final = "local"
"""What stands for the judge that is no language model (`locomo.scoring.local_judge`), where a model has its name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An answer to be judged: by the gold answer, by the items of a rubric or by a cue; where there is none of them
    (category 5), by whether it abstains."""

    question: str
    gold: str | None
    answer: str
    rubric: tuple[str, ...] = ()
    cue: str | None = None

    @property
    def abstention(self) -> bool:
        """Whether the right answer is that there is none."""
        return self.gold is None and not self.rubric and self.cue is None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right; None where the judge gave no verdict (see `error`)."""

    correct: bool | None
    error: str | None = None
    usage: Usage | None = field(default=None, compare=False)
    """What its votes took when they were asked for."""
    share: float | None = None
    """How far the answer is right, in [0, 1], where that is more than yes or no: the share of the items of a rubric, or
    0.5 for a reply that is partly right."""

    @property
    def value(self) -> float | None:
        """What the answer earns, in [0, 1]; None without a verdict."""
        if self.correct is None:
            return None
        return float(self.correct) if self.share is None else self.share
