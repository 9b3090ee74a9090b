"""Whether an answer says that there is none."""

from __future__ import annotations

import re
from typing import Final

from locomo.scoring.normalise import normalise

_SAID: Final = r"(?:mentioned|said|stated|specified|given|provided|discussed|available|known|clear|indicated|disclosed)"
_REFUSALS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\bnot (?:\w+ )?{_SAID}\b",
        r"\bno (?:such |relevant |specific |further )?(?:information|mention|evidence|answer|details?|data)\b",
        rf"\b(?:never|nowhere) {_SAID}\b",
        r"\b(?:do|does|did) not (?:\w+ )?(?:mention|say|state|specify|know|provide|contain|discuss|indicate|include)\b",
        r"\b(?:can not|could not|unable to|not possible to) (?:be )?(?:\w+ )?"
        r"(?:answer|answered|determine|determined|say|tell|find|know|known|infer|inferred)\b",
        r"\b(?:insufficient|not enough) (?:information|context|details?|data|evidence)\b",
        r"^(?:im |i am )?(?:not sure|unsure|uncertain)\b",
        r"^(?:it is |it |this is )?(?:unknown|unclear|unspecified|unanswerable|not applicable|n|none mentioned)$",
        r"\b(?:is|are|was|were|remains?) (?:unknown|unclear|unspecified)$",
    )
)
_HINT: Final = re.compile("no|n['’]t|un|insuff|never|n/a", re.IGNORECASE)
"""Every refusal has one of these: most answers need not be normalised."""


def refuses(text: str) -> bool:
    """Whether an answer says that the conversation has none, or that the model knows none. "No" alone is an answer."""
    if not _HINT.search(text):
        return False
    words = normalise(text)
    return any(pattern.search(words) for pattern in _REFUSALS)
