"""The sentences of a dialogue, as prompts hold it: `Name: what was said` on a line of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(
    r"^[\s\"'*-]*(?:\[(?P<date>[^\]\n]+)\]\s*)?(?:(?:user|assistant):\s*)?"
    r"(?P<speaker>[A-Z][\w.' -]{0,30}?):\s+(?P<text>\S.*)$",
    re.M,
)
_SENTENCE: Final = re.compile(r"[^.!?]+[.!?]*")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'+-]+")
FEWEST_WORDS: Final = 5
"""Of a sentence that tells something."""
LONGEST: Final = 400
"""Characters of what is kept of one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and who said it when."""

    speaker: str
    text: str
    date: str | None = None

    @property
    def fact(self) -> str:
        """The sentence with its speaker, as it may stand alone."""
        return f"{self.speaker}: {self.text}"

    @property
    def topic(self) -> str:
        """Its longest word, the first of those: what it may be about."""
        return max(_WORD.findall(self.text), key=len, default=self.speaker)


def lines(text: str) -> Iterator[tuple[str, str, str | None]]:
    """Yield speaker, words and date (if it stands before them in brackets) of each line that somebody says."""
    for line in _LINE.finditer(text):
        yield line["speaker"], line["text"].strip(), line["date"]


def sentences(text: str) -> list[Sentence]:
    """Return the sentences of a dialogue that are long enough to tell something, each once."""
    found = [
        Sentence(speaker, sentence.strip()[:LONGEST], date)
        for speaker, said, date in lines(text)
        for sentence in _SENTENCE.findall(said)
        if len(_WORD.findall(sentence)) >= FEWEST_WORDS
    ]
    return list(dict.fromkeys(found))


def between(text: str, opening: str, closing: str) -> str:
    """Return what stands between two marks, the last time that they do; an empty text if they do not."""
    _, found, rest = text.rpartition(opening)
    return rest.partition(closing)[0] if found else ""


def keywords(text: str, most: int = 5) -> list[str]:
    """Return the longest words of a text, in the order in which they stand."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))
    longest = sorted(words, key=lambda word: (-len(word), word))[:most]
    return [word for word in words if word in longest]
