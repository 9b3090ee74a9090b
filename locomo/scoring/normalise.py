"""Texts in one spelling: numbers, dates, hyphens and contractions no longer tell equal answers apart (`strict`)."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from locomo.scoring.dates import DATE, one_spelling
from locomo.scoring.numbers import cardinals, ordinals

CLAUSE: Final = "|"
"""Stands between words where a clause ends."""
NEGATIONS: Final = frozenset(
    ("not", "no", "never", "none", "nor", "neither", "nobody", "nothing", "nowhere", "without")
)
_DROPPED: Final = frozenset(("a", "an", "the", "and"))
"""The paper's: articles, and what joins a list. No negation is ever dropped."""
_IRREGULAR: Final = {"can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not"}
_SPELLINGS: Final = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "‐": "-", "‑": "-", "‒": "-", "–": " - ", "—": " - ", "−": "-"}
)
_REWRITTEN: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\b(?:can't|cannot|won't|shan't)\b", lambda match: _IRREGULAR[match[0]]),
        (r"n't\b", " not"),
        (r"'s\b|'(?=\s|$)", ""),
        (r"(?<=\d),(?=\d{3}\b)", ""),  # 1,000
        (r"[$](\d+(?:\.\d+)?)", r"\1 dollars"),
        (r"(?<=\d)\s*%", " percent"),
        (r"\bper cent\b", "percent"),
        (r"\b([ap])\.m\.?(?=\W|$)", r"\1m"),
        (r"(?<=\d)(?=[ap]m\b)", " "),  # 10am
        (r"\b((?:[a-z]\.){2,})", lambda match: match[1].replace(".", "")),  # u.s.
    )
)
_WORDS: Final = re.compile(r"(?<![\w-])(?:\d{4}|-)-\d\d(?:-\d\d)?(?![\w-])|\d+\.\d+|\w+(?:'\w+)*|[.,;:!?()\n]|\s-\s")
"""Dates as `DATE` has them, numbers, words, and what ends a clause."""


def normalise(text: str) -> str:
    """Return a text in the spelling that `strict` compares: lower case, one space between words, no punctuation.

    Numbers are digits ("two" → "2", "third" → "3rd"), dates are written as 2023-05-07 (see `dates`), hyphens and
    slashes separate words, contractions are written out ("don't" → "do not"), a, an, the, and are dropped. Negations
    stay.
    """
    return " ".join(word for word in clauses(text) if word != CLAUSE)


@lru_cache(maxsize=65536)
def clauses(text: str) -> tuple[str, ...]:
    """Return the words of a normalised text, with `CLAUSE` where punctuation ends a clause."""
    text = one_spelling(ordinals(unicodedata.normalize("NFKC", text).translate(_SPELLINGS).lower()))
    for pattern, replacement in _REWRITTEN:
        text = pattern.sub(replacement, text)
    words = [_word(match[0]) for match in _WORDS.finditer(text)]
    return tuple(word for word in cardinals(words) if word not in _DROPPED)


def _word(found: str) -> str:
    if not any(character.isalnum() for character in found):
        return CLAUSE
    if DATE.fullmatch(found):
        return found
    return found.replace("'", "").replace("_", "")
