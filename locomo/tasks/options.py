"""Which of two options an answer takes, read strictly: an answer that names none of them, or both, takes none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from locomo.schema import Letter

_MARKUP: Final = str.maketrans({**dict.fromkeys('*_`"“”«»', ""), "’": "'", "‘": "'"})
_LEAD_IN: Final = re.compile(
    r"(?:(?:so|therefore|thus|hence|sure|certainly|of course|okay|ok|well|yes|definitely|clearly|probably|obviously"
    r"|(?:based on|according to|from|given) (?:the |this |our )?(?:conversation|dialogue|context)s?)[,!.:]?\s+"
    r"|(?:i|i'd|i would|i'll|i will|we)\s+(?:choose|pick|select|say|go (?:with|for)|answer|think|believe|guess"
    r"|opt for)(?:\s+that)?\s*:?\s*"
    r"|(?:the\s+|my\s+)?(?:(?:correct|right|best|final|short)\s+)?(?:answer|choice|option|pick|response)"
    r"\s*(?:(?:is|would be|must be|should be)\b|:|=)\s*:?\s*"
    r"|(?:it\s+is|it's|it\s+must\s+be|it\s+would\s+be)\s+(?=(?:option\b|\(?[ab]\)|[ab]\W*$|not mentioned)))",
    re.IGNORECASE,
)
"""What may stand before an answer proper: "The correct answer is", "I choose", "Sure, ..."."""
_LETTER: Final = re.compile(
    r"(?:option|choice|answer)?\s*(?:"
    r"\(\s*([ab])\s*(?:\)[.:,]?|$)"  # (a)  (a).  (a
    r"|\[\s*([ab])\s*\][.:,]?"  # [a]
    r"|([ab])\s*[).:](?=\s|$)[.:,]?"  # a)  a.  a:
    r"|([ab])(?=\s*$)"  # a
    r"|([ab])\s*(?=,\s|\s[-–—]\s)"  # a, because   a - because
    r"|([ab])(?=\s+is\s+(?:the\s+)?(?:correct|right|true|best|my)\b)"  # a is correct
    r")",
    re.IGNORECASE,
)
_LETTERED: Final = re.compile(r"\W*[ab]\s*[).:\]]", re.IGNORECASE)
_NAMED_LETTER: Final = re.compile(r"(?:option|choice|answer)\s+([ab])\b", re.IGNORECASE)
_MENTION: Final = re.compile(r"\(\s*([ab])\s*\)|\b(?:option|choice|answer)\s+([ab])\b|\bor\s+([ab])\s*$", re.IGNORECASE)
"""Where a letter is named beyond doubt; "a" alone may be an article."""
_TAKEN_BACK: Final = re.compile(
    r"\s*(?:is|was|would be|seems?)\s+(?:not\b|n't|wrong|incorrect|false|untrue)", re.IGNORECASE
)
_NOT_MENTIONED: Final = re.compile(
    r"\b(?:not|never|nowhere|isnt|wasnt|hasnt been|arent) (?:(?:been|explicitly|actually|ever|directly) )*"
    r"(?:mentioned|stated|discussed|specified)\b"
    r"|\b(?:conversation|dialogue|they|he|she|text|context) (?:(?:does|do|did) not|doesnt|dont|didnt|never)"
    r" (?:explicitly )?mentions?\b"
    r"|^no mention\b|^there (?:is|was) no mention\b|\bnobody mention\w*|\bno one mention\w*"
)
_DENIAL: Final = re.compile(r"\b(?:not|no|never|neither|nor|or|isnt|wasnt|doesnt|didnt|dont|nothing|instead|both)\b")
_ARTICLES: Final = frozenset(("a", "an", "the"))
_LONGEST_LEAD: Final = 6
"""So many words may stand before an option's own: "They met at the old bridge"."""


def parse_option(raw: str, options: Mapping[Letter, str]) -> Letter | None:
    """Return the letter of the option that an answer takes; None if that cannot be told.

    An answer takes an option by its letter ("(a)", "A.", "Option A", "I think (a)", "A is correct"), by its words at
    the end of a sentence that denies nothing, by saying that something is not mentioned where one option says so, or by
    several of these. What follows a letter may explain it, but neither name the other letter nor state the other
    option.
    """
    text = raw.translate(_MARKUP).strip()
    while match := _LEAD_IN.match(text):
        text = text[match.end() :]
    if (taken := _by_words(text, options)) is not None:
        return taken
    named = _NAMED_LETTER.match(text)
    match = _LETTER.match(text) or named
    if match is None:
        return _by_sentence(text, options)
    letter: Letter = "a" if next(filter(None, match.groups())).lower() == "a" else "b"
    return letter if _agrees(text[match.end() :], letter, options) else None


def _by_words(text: str, options: Mapping[Letter, str]) -> Letter | None:
    words = _words(text)
    if not words:
        return None
    same = [letter for letter, option in options.items() if _words(option) == words]
    if not same and not _LETTERED.match(text):
        content = _content(words)
        same = [letter for letter, option in options.items() if content and _content(_words(option)) == content]
    return same[0] if len(same) == 1 else None


def _by_sentence(text: str, options: Mapping[Letter, str]) -> Letter | None:
    """Return the option that a sentence without a letter takes."""
    words = _words(text)
    said = " ".join(words)
    refusing = [letter for letter, option in options.items() if _refuses(option)]
    if _MENTION.search(text):
        return None
    if len(refusing) == 1 and _NOT_MENTIONED.search(said):
        return refusing[0]
    ending = [
        letter
        for letter, option in options.items()
        if letter not in refusing and (own := _content(_words(option))) and _content(words)[-len(own) :] == own
    ]
    if len(ending) != 1:
        return None
    lead = _content(words)[: -len(_content(_words(options[ending[0]])))]
    return ending[0] if len(lead) <= _LONGEST_LEAD and not _DENIAL.search(" ".join(lead)) else None


def _agrees(rest: str, letter: Letter, options: Mapping[Letter, str]) -> bool:
    """Whether what follows a letter does not take it back."""
    mentioned = {next(filter(None, match.groups())).lower() for match in _MENTION.finditer(rest)}
    words = _words(rest)
    if mentioned - {letter} or (words in (["a"], ["b"]) and words != [letter]) or _TAKEN_BACK.match(rest):
        return False
    own, other = (_words(options[name]) for name in (letter, "b" if letter == "a" else "a"))
    if _refuses(options[letter]) and _NOT_MENTIONED.search(" ".join(words)):
        return True
    return not _holds(words, other) or (_holds(words, own) and _holds(own, other))


def _refuses(option: str) -> bool:
    return _words(option)[:2] == ["not", "mentioned"]


def _holds(words: list[str], part: list[str]) -> bool:
    return bool(part) and any(words[i : i + len(part)] == part for i in range(len(words) - len(part) + 1))


def _content(words: list[str]) -> list[str]:
    return [word for word in words if word not in _ARTICLES]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.translate(_MARKUP).lower().replace("'", ""))
