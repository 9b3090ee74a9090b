"""What a judge is shown of an answer, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from locomo.schema.prediction import Usage

LOCAL: Final = "local"
"""What stands for the judge that is no language model (`locomo.scoring.local_judge`), where a model has its name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An answer to be judged: by the gold answer, or where there is none (category 5) by whether it abstains."""

    question: str
    gold: str | None
    answer: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right; None where the judge gave no verdict (see `error`)."""

    correct: bool | None
    error: str | None = None
    usage: Usage | None = field(default=None, compare=False)
    """What its votes took when they were asked for."""
