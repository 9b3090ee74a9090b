"""Texts in one spelling: numbers, dates, hyphens and contractions no longer tell equal answers apart (`strict`)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

import regex

from locomo.scoring.dates import one_spelling
from locomo.scoring.intervals import DATE
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
    {"’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "‐": "-", "‑": "-", "‒": "-", "–": " - ", "—": " - ", "−": "-"}
)


def _written_out(match: regex.Match[str]) -> str:
    return " are" if match[1] else " have" if match[2] else " will" if match[3] else " would"


_REWRITTEN: Final = tuple(
    (regex.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\b(?:can't|cannot|won't|shan't)\b", lambda match: _IRREGULAR[match[0]]),
        (r"n't\b", " not"),
        (r"\bi'm\b", "i am"),
        (r"(?<=\w)'(?:(re)|(ve)|(ll)|d)\b", _written_out),
        (r"'s\b|'(?=\s|$)", ""),
        (r"(?<=\d),(?=\d{3}\b)", ""),  # 1,000
        (
            r"(?:\b(?:usd|us)\s*)?[$]\s?(\d+(?:\.\d+)?)|\busd\s?(\d+(?:\.\d+)?)",
            lambda match: f"{match[1] or match[2]} dollars",
        ),
        (r"(?<=\d)\s*%", " percent"),
        (r"\bper cent\b", "percent"),
        (r"\bun(happy|willing|interested|healthy|comfortable|married|friendly|fair|safe)\b", r"not \1"),
        (r"\b([ap])\.m\.?(?=\W|$)", r"\1m"),
        (r"(?<=\d)(?=[ap]m\b)", " "),  # 10am
        (r"\b(\d{1,2}):00(?=\s*[ap]m\b)", r"\1"),  # 7:00 pm
        (r"\btwice\b", "2 times"),
        (r"\bthrice\b", "3 times"),
        (r"\b((?:[a-z]\.){2,})", lambda match: match[1].replace(".", "")),  # u.s.
    )
)
_UNSPACED: Final = r"[\p{Han}\p{Hiragana}\p{Katakana}ー々\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}--\p{M}]\p{M}*"
"""A character of a script that puts no space between words: a word of its own, as in the F1 of CMRC 2018 and MLQA."""
_WORDS: Final = regex.compile(
    r"(?<![\w-])(?:\d{4}|-)-\d\d(?:-\d\d(?:\.\.(?:\d{4}|-)-\d\d-\d\d)?)?(?![\w-])"
    rf"|\d{{1,2}}:\d\d|\d+\.\d+|{_UNSPACED}|(?:(?!{_UNSPACED})[\w\p{{M}}])+(?:'(?:(?!{_UNSPACED})\w)+)*"
    r"|[.,;:!?()\n。，、；：！？]|\s-\s",
    regex.VERSION1,
)
"""Dates as `DATE` has them, times of day, numbers, words, and what ends a clause."""
_MARKS: Final = regex.compile(r"(?<=\p{Latin})\p{M}+")


def normalise(text: str) -> str:
    """Return a text in the spelling that `strict` compares: lower case, one space between words, no punctuation.

    Numbers are digits ("two" → "2", "third" → "3rd"), dates are written as 2023-05-07 (see `dates`), hyphens and
    slashes separate words, contractions are written out ("don't" → "do not"), accents of Latin letters are dropped, and
    so are a, an, the, and. Negations stay. In scripts without spaces each character is a word.
    """
    return " ".join(word for word in clauses(text) if word != CLAUSE)


@lru_cache(maxsize=65536)
def clauses(text: str) -> tuple[str, ...]:
    """Return the words of a normalised text, with `CLAUSE` where punctuation ends a clause."""
    text = one_spelling(ordinals(folded(text)))
    for pattern, replacement in _REWRITTEN:
        text = pattern.sub(replacement, text)
    words = [_word(match[0]) for match in _WORDS.finditer(text)]
    return tuple(word for word in cardinals(words) if word not in _DROPPED)


def folded(text: str) -> str:
    """Return a text in lower case, full-width forms, quotes and hyphens in one spelling, without accents."""
    text = _MARKS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFKC", text).translate(_SPELLINGS).lower()


def _word(found: str) -> str:
    if not any(character.isalnum() for character in found):
        return CLAUSE
    if DATE.fullmatch(found):
        return found
    return found.replace("'", "").replace("_", "")
