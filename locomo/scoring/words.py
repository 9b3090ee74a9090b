"""The words of a text as `strict` counts them: stems, with what makes a date another time joined to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Final

from locomo.scoring.f1 import stem
from locomo.scoring.free_words import FREE, LIMITS, SPELLINGS
from locomo.scoring.intervals import is_date, lies_in
from locomo.scoring.irregular import BASE
from locomo.scoring.normalise import normalise

_BRITISH: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"(?<=\w{3})our(?=(?:s|ed|ing|hoods?|ful|ite|ites|able)?$)", "or"),
        (r"(?<=\w{3})is(?=(?:e|es|ed|ing|ation|ations|er|ers)$)", "iz"),
        (r"(?<=\w{3})tre(?=s?$)", "ter"),
    )
)
_NEGATING: Final = frozenset(("no", "without"))
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?|\d{1,2}:\d\d")


@dataclass(frozen=True)
class Words:
    """The words of a text, in its order, dropped ones left out."""

    all: tuple[str, ...]

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The words that say something; all of them where none does."""
        return tuple(word for word in self.all if word not in _free_stems()) or self.all

    @cached_property
    def stems(self) -> frozenset[str]:
        """The different words."""
        return frozenset(self.all)

    @cached_property
    def dates(self) -> frozenset[str]:
        """Dates and years, and what lies before or after one."""
        return frozenset(word for word in self.content if is_date(word.rpartition(" ")[2]))

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Numbers and times of day that are no years."""
        return frozenset(word for word in self.content if _NUMBER.fullmatch(word)) - self.dates

    def contradict(self, gold: Words) -> bool:
        """Whether the gold has dates, or numbers, and this text has others instead."""
        if gold.dates and self.dates and not any(lies_in(one, other) for one in self.dates for other in gold.dates):
            return True
        return bool(gold.numbers and self.numbers and gold.numbers.isdisjoint(self.numbers))

    def fitted(self, gold: Words) -> list[str]:
        """Return the words that say something, each date that lies in one of the gold being that one, and only once."""
        found = [next((other for other in gold.dates if lies_in(word, other)), word) for word in self.content]
        return [word for place, word in enumerate(found) if word not in gold.dates or word not in found[:place]]


@lru_cache(maxsize=65536)
def words_of(text: str, other: str = "") -> Words:
    """Return the words of a text; two that the `other` text writes as one are one ("tool shed" and "toolshed")."""
    words = _compounds(normalise(text).split(), frozenset(normalise(other).split()))
    found: list[str] = []
    for word in map(_word, words):
        if found and found[-1] in LIMITS and is_date(word):
            found[-1] += f" {word}"
        else:
            found.append(word)
    return Words(tuple(found))


def _compounds(words: list[str], others: frozenset[str]) -> list[str]:
    found: list[str] = []
    place = 0
    while place < len(words):
        joined = "".join(words[place : place + 2])
        if joined in others and words[place] != joined and not joined.isdigit():
            found.append(joined)
            place += 2
        else:
            found.append(words[place])
            place += 1
    return found


@lru_cache(maxsize=65536)
def _word(word: str) -> str:
    """Return the stem of a word in American spelling; negations of a noun are one word."""
    if word in _NEGATING:
        return "not"
    word = BASE.get(word) or SPELLINGS.get(word, word)
    for pattern, replacement in _BRITISH:
        word = pattern.sub(replacement, word)
    return word if word in LIMITS or is_date(word) else stem(word)


@cache
def _free_stems() -> frozenset[str]:
    """Found when they are first asked for: the stemmer's library takes a second to import."""
    return frozenset(map(_word, FREE))
