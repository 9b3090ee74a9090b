"""Numbers in words, as digits: "twenty-five" → "25", "two thousand and six" → "2006", "the third" → "the 3rd"."""

from __future__ import annotations

import re
from typing import Final

_UNITS_IN_WORDS: Final = """
zero one two three four five six seven eight nine ten
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen
"""
_TENS_IN_WORDS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS_IN_WORDS: Final = """
first second third fourth fifth sixth seventh eighth ninth tenth
eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth
"""
_TENS: Final = {word: 10 * place for place, word in enumerate(_TENS_IN_WORDS.split(), start=2)}
_VALUES: Final = {word: value for value, word in enumerate(_UNITS_IN_WORDS.split())} | _TENS
_ORDINALS: Final = {word: value for value, word in enumerate(_ORDINALS_IN_WORDS.split(), start=1)} | {
    word.replace("ty", "tieth"): value for word, value in _TENS.items()
}
_SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 1_000_000}
_DOZEN: Final = 12
_ORDINAL: Final = re.compile(rf"\b(?:({'|'.join(_TENS)})[-\s])?({'|'.join(_ORDINALS)})\b")
_DIGITS: Final = re.compile(r"\d+(\.\d+)?")
_WRITTEN_OUT: Final = frozenset((*_VALUES, *_SCALES, "dozen"))


def ordinals(text: str) -> str:
    """Return a text in lower case with "third" and "twenty-first" as "3rd" and "21st"."""
    return _ORDINAL.sub(lambda match: _ordinal(_TENS.get(match[1] or "", 0) + _ORDINALS[match[2]]), text)


def cardinals(words: list[str]) -> list[str]:
    """Return words in lower case with each number that is written out replaced by its digits.

    A run of number words is one number as long as it reads as one: "twenty two" is 22, "two three" is 2 and 3.
    """
    if _WRITTEN_OUT.isdisjoint(words):
        return words
    found: list[str] = []
    place = 0
    while place < len(words):
        value, length = _number(words, place)
        found.append(value if length else words[place])
        place += length or 1
    return found


def _number(words: list[str], start: int) -> tuple[str, int]:
    """Return the number that begins at a place and how many words it takes; 0 words where none does."""
    rest = words[start:]
    if rest[0] in {"a", "an"} and len(rest) > 1 and (rest[1] in _SCALES or rest[1] == "dozen"):
        value, length = _number(words, start + 1)  # "a hundred"
        return value, length + 1
    if _DIGITS.fullmatch(rest[0]) and len(rest) > 1 and rest[1] in _SCALES:
        scaled = float(rest[0]) * _SCALES[rest[1]]  # "2.5 million"
        return f"{scaled:.12g}", 2
    total, below, last, taken = 0, 0, None, 0  # below: what is not multiplied yet; last: the value of the word before
    for place, word in enumerate(rest):
        if word in _VALUES and _goes_on(_VALUES[word], last):
            last = _VALUES[word]
            below += last
        elif word in _SCALES:
            last = _SCALES[word]
            if last == 100:
                below = (below or 1) * last
            else:
                total, below = total + (below or 1) * last, 0
        elif word == "dozen":
            return str((below or 1) * _DOZEN + total), place + 1
        elif word == "and" and last in _SCALES.values() and rest[place + 1 : place + 2] and rest[place + 1] in _VALUES:
            continue
        else:
            break
        taken = place + 1
    return str(total + below), taken


def _goes_on(value: int, last: int | None) -> bool:
    """Whether a number word goes on a number: after a scale, or a unit after tens ("twenty two")."""
    if last is None or last in _SCALES.values():
        return True
    return last in _TENS.values() and 0 < value < 10


def _ordinal(value: int) -> str:
    ending = "th" if value % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"
