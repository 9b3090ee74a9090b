"""Which of two options an answer takes, read strictly: an answer that names none of them, or both, takes none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from locomo.schema import Letter

_MARKUP: Final = str.maketrans({**dict.fromkeys('*_`"“”«»', ""), "’": "'", "‘": "'"})
_LEAD_IN: Final = re.compile(
    r"(?:(?:so|therefore|thus|hence),?\s+)?"
    r"(?:(?:i|i'd|i would|i'll|i will)\s+(?:choose|pick|select|say|go with|answer)\s*:?\s*"
    r"|(?:the\s+|my\s+)?(?:(?:correct|right|best|final|short)\s+)?(?:answer|choice|option|response)"
    r"\s*(?:is|would be|:|=)\s*:?\s*"
    r"|(?:it\s+is|it's)\s+(?=(?:option\b|\(?[ab]\)|not mentioned)))",
    re.IGNORECASE,
)
"""What may stand before an answer proper: "The correct answer is", "I choose"."""
_LETTER: Final = re.compile(
    r"(?:option|choice|answer)?\s*(?:"
    r"\(\s*([ab])\s*(?:\)[.:,]?|$)"  # (a)  (a).  (a
    r"|\[\s*([ab])\s*\][.:,]?"  # [a]
    r"|([ab])\s*[).:](?=\s|$)[.:,]?"  # a)  a.  a:
    r"|([ab])(?=\s*$)"  # a
    r"|([ab])\s*(?=,\s|\s[-–—]\s)"  # a, because   a - because
    r")",
    re.IGNORECASE,
)
_NAMED_LETTER: Final = re.compile(r"(?:option|choice|answer)\s+([ab])\b", re.IGNORECASE)
_MENTION: Final = re.compile(r"\(\s*([ab])\s*\)|\b(?:option|choice|answer)\s+([ab])\b|\bor\s+([ab])\s*$", re.IGNORECASE)
"""Where a letter is named beyond doubt; "a" alone may be an article."""


def parse_option(raw: str, options: Mapping[Letter, str]) -> Letter | None:
    """Return the letter of the option that an answer takes; None if that cannot be told.

    An answer takes an option by its letter ("(a)", "a", "A.", "a)", "Option A", "The answer is (a)"), by its exact
    words but for case and punctuation (or "not mentioned", where that begins one option alone), or by both. What
    follows a letter may explain it, but neither name the other letter nor hold the other option's words.
    """
    text = raw.translate(_MARKUP).strip()
    text = _LEAD_IN.sub("", text, count=1) if _LEAD_IN.match(text) else text
    if (taken := _by_words(text, options)) is not None:
        return taken
    named = _NAMED_LETTER.match(text)
    match = _LETTER.match(text) or named
    if match is None:
        return None
    letter: Letter = "a" if next(filter(None, match.groups())).lower() == "a" else "b"
    return letter if _agrees(text[match.end() :], letter, options) else None


def _by_words(text: str, options: Mapping[Letter, str]) -> Letter | None:
    words = _words(text)
    if not words:
        return None
    same = [letter for letter, option in options.items() if _words(option) == words]
    if not same and words == ["not", "mentioned"]:
        same = [letter for letter, option in options.items() if _words(option)[:2] == words]
    return same[0] if len(same) == 1 else None


def _agrees(rest: str, letter: Letter, options: Mapping[Letter, str]) -> bool:
    """Whether what follows a letter does not take it back."""
    mentioned = {next(filter(None, match.groups())).lower() for match in _MENTION.finditer(rest)}
    words = _words(rest)
    if mentioned - {letter} or (words in (["a"], ["b"]) and words != [letter]):
        return False
    own, other = (_words(options[name]) for name in (letter, "b" if letter == "a" else "a"))
    return not _holds(words, other) or (_holds(words, own) and _holds(own, other))


def _holds(words: list[str], part: list[str]) -> bool:
    return bool(part) and any(words[i : i + len(part)] == part for i in range(len(words) - len(part) + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.translate(_MARKUP).lower().replace("'", ""))
