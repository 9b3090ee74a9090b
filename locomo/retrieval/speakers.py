"""Whom a question is about, and the question as that speaker would have put it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def named_speakers(question: str, speakers: Sequence[str]) -> list[str]:
    """Return those speakers whose name stands in the question as a word of its own."""
    return [name for name in speakers if re.search(rf"\b{re.escape(name)}\b", question)]


def first_person(question: str, speakers: Sequence[str]) -> str:
    """Return the question with "X's" as "my" and "X" as "I" for every speaker X.

    Turns are in the first person and questions in the third: an encoder finds "I painted my fence" nearer to "When did
    I paint my fence?" than to "When did Ruth paint Ruth's fence?", which is nearest to where Ruth is spoken to by name.
    """
    for name in speakers:
        question = re.sub(rf"\b{re.escape(name)}['’]s\b", "my", question)
        question = re.sub(rf"\b{re.escape(name)}\b", "I", question)
    return question


def speaker_match(speakers: Sequence[str], questions: Sequence[str], of: Sequence[str | None]) -> NDArray[np.float64]:
    """Return 1 where a question names the speaker of a unit, else 0, of shape (questions, units)."""
    named = [named_speakers(question, speakers) for question in questions]
    return np.array([[float(speaker in names) for speaker in of] for names in named]).reshape(len(questions), len(of))
