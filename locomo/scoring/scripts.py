"""Whether texts are written in a way that F1 over words between spaces can compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import regex

UNSPACED: Final = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
"""Letters of scripts that put no space between words."""
_LETTER: Final = regex.compile(r"\p{L}")
_LATIN: Final = regex.compile(r"\p{Latin}")


def foreign(texts: Iterable[str]) -> int:
    """Return how many texts have letters of a script without spaces, or fewer Latin letters than others."""
    return sum(map(_is_foreign, texts))


def _is_foreign(text: str) -> bool:
    if text.isascii():
        return False
    letters = len(_LETTER.findall(text))
    return UNSPACED.search(text) is not None or 2 * len(_LATIN.findall(text)) < letters
