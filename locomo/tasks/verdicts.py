"""What a judge says, read as a verdict: in JSON as it was asked for, or in any form that can mean one thing only."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

REASONING: Final = "reasoning"
UNREADABLE: Final = "no verdict: expected JSON with '{field}' {expected}"
CONTRADICTION: Final = "two verdicts that contradict each other: expected one JSON object"

_WORDS: Final = {"true": True, "yes": True, "false": False, "no": False}
_THOUGHT: Final = re.compile(r"<(think|thinking|reasoning|thought)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_THOUGHT_BEFORE: Final = re.compile(r"\A.*</(?:think|thinking|reasoning|thought)>", re.DOTALL | re.IGNORECASE)
"""Templates of some models open the thought in the prompt: the answer then has its end alone."""


def read_grade(text: str, field: str, grades: Collection[str]) -> dict[str, Any]:
    """Return what a judge says as `{"reasoning": ..., field: one of the grades}`; ValueError as `read_verdict`."""
    return _read(text, field, {grade: grade for grade in grades}, f"one of {', '.join(grades)}")


def read_verdict(text: str, field: str) -> dict[str, Any]:
    """Return what a judge says as `{"reasoning": ..., field: bool}`; ValueError with a complaint if it is not clear.

    Fences, thoughts before the verdict, other keys beside it, other letter case, and "true" as a string are read. Of
    two objects that contradict each other none counts.
    """
    return _read(text, field, _WORDS, "true or false")


def _read(text: str, field: str, words: Mapping[str, Any], expected: str) -> dict[str, Any]:
    said = _THOUGHT_BEFORE.sub("", _THOUGHT.sub("", text))
    if (whole := _truth(said, words)) is not None:
        return {REASONING: "", field: whole}
    objects = list(_objects(said))
    found = [verdict for pairs in objects for verdict in _named(pairs, field, words)]
    if not found and not objects:  # quotation marks inside its reasoning, a comma too many, an end that is missing
        found = [words[word.lower()] for word in re.findall(_pattern(field, words), said, re.IGNORECASE)]
    if not found:
        raise ValueError(UNREADABLE.format(field=field, expected=expected))
    if len(set(found)) > 1:
        raise ValueError(CONTRADICTION)
    reasoning = next((text for pairs in objects for text in _texts(pairs)), "")
    return {REASONING: reasoning, field: found[0]}


def _pattern(field: str, words: Iterable[str]) -> str:
    return rf"""["']?\b{re.escape(field)}["']?\s*[:=]\s*["']?({"|".join(map(re.escape, words))})\b"""


def _truth(value: Any, words: Mapping[str, Any]) -> Any:
    """Return what a value means as a verdict; None for what is none."""
    if isinstance(value, bool):
        return value if value in words.values() else None
    return words.get(value.strip(" \t\r\n.!`*\"'").lower()) if isinstance(value, str) else None


class _Pairs(list[tuple[str, Any]]):
    """An object with every key as often as it occurs."""


def _objects(text: str) -> Iterator[_Pairs]:
    """Return the objects in a text, the outermost ones, as JSON or as Python writes them."""
    decoder = json.JSONDecoder(object_pairs_hook=_Pairs)
    place = text.find("{")
    while place >= 0:
        end = place + 1
        try:
            value, end = decoder.raw_decode(text, place)
            yield value
        except (ValueError, RecursionError):
            closing = text.find("}", place)
            if closing >= 0 and (pairs := _literal(text[place : closing + 1])) is not None:
                yield pairs
                end = closing + 1
        place = text.find("{", end)


def _literal(text: str) -> _Pairs | None:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
    return _Pairs((str(name), each) for name, each in value.items()) if isinstance(value, dict) else None


def _named(pairs: _Pairs, field: str, words: Mapping[str, Any]) -> Iterator[Any]:
    """Return the verdicts under a name, in an object and in those inside it."""
    for name, value in pairs:
        if name.strip().lower() == field and (truth := _truth(value, words)) is not None:
            yield truth
        elif isinstance(value, _Pairs):
            yield from _named(value, field, words)


def _texts(pairs: _Pairs) -> Iterator[str]:
    yield from (value for name, value in pairs if name.strip().lower() == REASONING and isinstance(value, str))
