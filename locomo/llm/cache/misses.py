"""Why a request is not in the cache: the stored one most like it, and what differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from itertools import zip_longest
from typing import Any

from pydantic import TypeAdapter, ValidationError

from locomo.errors import InputError
from locomo.files import canonical_json, parse_json
from locomo.llm.cache.entry import Entry, misshapen
from locomo.llm.cache.texts import same_end, same_start
from locomo.llm.types import Request

_REQUEST = TypeAdapter(Request)
_UNLIKE = 4_000
"""Characters of different lines beyond which their words are not compared: unlike anyway, and it would take long."""
_BEFORE, _AFTER = 30, 60
"""Characters of a long text that are shown before and after the first difference."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The stored entry whose request is most like one that is not stored."""

    entry: Entry
    differences: list[str]
    """One line a difference: where, what is stored → what is asked."""


def read_request(text: str, where: str) -> Request:
    """Read a request as `locomo cache show` prints it, by itself or in its entry; InputError where it is none."""
    value = parse_json(text, where)
    if isinstance(value, dict) and isinstance(value.get("request"), dict):
        value = value["request"]
    if isinstance(value, dict) and (unknown := sorted(value.keys() - {field.name for field in fields(Request)})):
        raise InputError(f"{where}: unknown field '{unknown[0]}'; expected a request as `locomo cache show` prints it")
    try:
        request = _REQUEST.validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise misshapen(error, where) from None
    return replace(request, temperature=value.get("temperature", request.temperature))  # 0 and 0.0 have other keys


def nearest(request: Request, entries: Iterable[Entry]) -> Nearest | None:
    """Return the entry with the most equal fields, then with the most alike messages; None if there is no entry."""
    asked = _comparable(request.fields())
    texts = _texts(asked)

    def alike(entry: Entry) -> tuple[int, float]:
        stored = _comparable(entry.request)
        equal = sum(stored.get(name) == value for name, value in asked.items())
        return equal - len(stored.keys() - asked.keys()), _likeness(_texts(stored), texts)

    best = max(entries, key=alike, default=None)
    return None if best is None else Nearest(best, list(_differences(_comparable(best.request), asked)))


def _comparable(request: dict[str, Any]) -> dict[str, Any]:
    """The fields with values that are equal where they give the same key: 0 and 0.0 do not."""
    return {name: list(value) if name == "messages" else canonical_json(value) for name, value in request.items()}


def _texts(request: dict[str, Any]) -> list[str]:
    return [message["content"] for message in request["messages"]]


def _likeness(old: list[str], new: list[str]) -> float:
    pairs = list(zip_longest(old, new, fillvalue=""))
    length = sum(max(map(len, pair)) for pair in pairs)
    return sum(_shared(*pair) for pair in pairs) / length if length else 1.0


def _shared(old: str, new: str) -> int:
    """Characters in the same beginning, the same end, the same lines between and the same words of other lines."""
    if old == new:
        return len(old)
    start = same_start(old, new)
    old, new = old[start:], new[start:]
    end = same_end(old, new)
    old, new = old[: len(old) - end], new[: len(new) - end]
    old_lines, new_lines = set(old.splitlines()), set(new.splitlines())
    lines = old_lines & new_lines
    in_lines = sum(map(len, lines))
    in_words = 0
    if len(old) - in_lines < _UNLIKE:
        words = set(" ".join(old_lines - lines).split()) & set(" ".join(new_lines - lines).split())
        in_words = sum(map(len, words))
    return start + end + in_lines + in_words


def _differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name in [*old, *(name for name in new if name not in old)]:
        if name == "messages":
            yield from _message_differences(old[name], new[name])
        elif old.get(name) != new.get(name):
            yield f"{name}{_change(old.get(name, 'not set'), new.get(name, 'not set'))}"


def _message_differences(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    for index, (stored, asked) in enumerate(zip_longest(old, new)):
        place = f"messages[{index}]"
        if stored is None or asked is None:
            there, where = (stored, "stored") if asked is None else (asked, "asked")
            yield f"{place}: only in what is {where}: {there['role']} {_quoted(_excerpt(there['content'], 0))}"
            continue
        if stored["role"] != asked["role"]:
            yield f"{place}.role: {stored['role']} → {asked['role']}"
        if stored["content"] != asked["content"]:
            yield f"{place}.content{_change(stored['content'], asked['content'], _quoted)}"
        if (old_images := stored.get("images")) != (new_images := asked.get("images")):
            yield f"{place}.images: {canonical_json(old_images or [])} → {canonical_json(new_images or [])}"


def _change(old: str, new: str, quoted: Callable[[str], str] = str) -> str:
    start = same_start(old, new)
    place = f", from character {start + 1}" if max(len(old), len(new)) > _BEFORE + _AFTER else ""
    return f"{place}: {quoted(_excerpt(old, start))} → {quoted(_excerpt(new, start))}"


def _excerpt(text: str, start: int) -> str:
    """What lies around a place in a long text; a short one whole."""
    if len(text) <= _BEFORE + _AFTER:
        return text
    first, last = max(0, start - _BEFORE), start + _AFTER
    return ("…" if first else "") + text[first:last] + ("…" if last < len(text) else "")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
