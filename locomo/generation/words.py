"""What models say, made fit for a dataset: one line of whole characters, of bounded length."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 4_000
"""Characters of what a model says that are looked at."""
_ENDS: Final = re.compile(r"[.!?…](?=\s|$)")


def one_line(text: str) -> str:
    """Return a text, if it is endless its beginning, without line breaks, control signs and halves of characters."""
    text = text[:LONGEST]
    kept = "".join(" " if sign.isspace() or unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)
    return " ".join(kept.split())


def cut(text: str, words: int, characters: int) -> str:
    """Return the beginning of a text with at most so many words and characters, up to a sentence's end if it can."""
    whole = text.split()
    if len(whole) <= words and len(text) <= characters:
        return text
    short = " ".join(whole[:words])[:characters]
    if len(short) < len(text) and " " in short and not text[len(short)].isspace():
        short = short.rpartition(" ")[0] or short
    ends = [match.end() for match in _ENDS.finditer(short)]
    return short[: ends[-1]] if ends and ends[-1] >= len(short) // 2 else short


def is_said(text: str, words: int = 1) -> bool:
    """Whether a reader could make anything of a text: it has letters or digits, and so many words.

    Where words are not set apart by spaces, two signs count as one.
    """
    if not any(sign.isalnum() for sign in text):
        return False
    return len(text.split()) >= words or (not text.isascii() and len(text) >= 2 * words)
