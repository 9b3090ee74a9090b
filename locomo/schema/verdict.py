"""What a judge is shown of an answer, and what it says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """An answer to be judged."""

    question: str
    gold: str
    answer: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right; None where the judge gave no verdict (see `error`)."""

    correct: bool | None
    error: str | None = None
