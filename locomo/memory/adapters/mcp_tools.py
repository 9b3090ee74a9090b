"""Which tools of an MCP server add and search, as the settings say it, and how memories are read from their answers.

Arguments are templates: "{speaker}: {text}" is filled in, and a string that is one placeholder alone, such as "{k}",
becomes the value itself with its type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


class Call(BaseModel):
    """A tool, and its arguments as templates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Add(Call):
    """The tool that adds."""

    each: Literal["turn", "session"] = "turn"
    """What a call holds."""


class Search(Call):
    """The tool that searches, and where its answer has what: names of fields, with dots between levels."""

    results: str | None = None
    """The list of memories; None where it is the answer itself, or its only field."""
    pattern: str | None = None
    """For an answer in words: a regular expression that finds each memory, with groups called text, dia_ids, ..."""
    text: str = "text"
    dia_ids: str = "dia_ids"
    score: str = "score"
    date: str = "date"

    @field_validator("pattern")
    @classmethod
    def _has_a_text(cls, pattern: str | None) -> str | None:
        """Refuse what is no regular expression, or finds no text."""
        try:
            if pattern is not None and "text" not in re.compile(pattern).groupindex:
                raise ValueError("expected a group called text, as in (?P<text>.+)")
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return pattern


class Tools(BaseModel):
    """The settings of an MCP server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    add: Add
    search: Search
    reset: Call | None = None
    """Called when a store is new, if the server keeps what it had."""
    environment: dict[str, Any] = Field(default_factory=dict)
    """Variables for a server that is a command, as templates."""

    @property
    def needs_store_id(self) -> bool:
        """Whether it matters which store this is: the server holds several, or must be emptied."""
        return self.reset is not None or "{store}" in json.dumps(self.model_dump())


def read_tools(settings: Mapping[str, Any]) -> Tools:
    """Return the settings; ValueError with one line that says what is wrong with them."""
    try:
        return Tools.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ValueError(
            f"memory.settings of an MCP server: {place}: {first['msg']}; docs/memory-systems.md has an example"
        ) from None


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a template with its placeholders filled in, at all levels; ValueError for an unknown one."""
    if isinstance(template, dict):
        return {name: filled(each, values) for name, each in template.items()}
    if isinstance(template, list):
        return [filled(each, values) for each in template]
    if not isinstance(template, str):
        return template
    for name in _PLACEHOLDER.findall(template):
        if name not in values:
            known = ", ".join(f"{{{each}}}" for each in values)
            raise ValueError(f"memory.settings of an MCP server: '{template}' has no {{{name}}} here, only {known}")
    if alone := _PLACEHOLDER.fullmatch(template):
        return values[alone[1]]
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), template)


def memories(search: Search, structured: Any, texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return the memories of an answer; ValueError where there is no list of them.

    `structured` is its structured content, None if it has none: then its texts are read, as JSON or as they are.
    """
    said = list(texts)
    if search.pattern is not None:
        return [_matched(match) for match in re.finditer(search.pattern, "\n".join(said))]
    answer = structured if structured is not None else _read(said)
    if search.results is not None:
        answer = _at(answer, search.results)
    elif isinstance(answer, dict) and len(answer) == 1:
        (answer,) = answer.values()
    if not isinstance(answer, list):
        place = f" at '{search.results}'" if search.results else ""
        raise ValueError(f"tool '{search.tool}' answered {str(answer)[:80]!r}{place}, expected a list of memories")
    return [_memory(search, each) for each in answer]


def _matched(match: re.Match[str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: value for name, value in match.groupdict().items() if value is not None}
    if (ids := found.get("dia_ids")) is not None:
        found["dia_ids"] = ids.replace(",", " ").split()
    if (score := found.get("score")) is not None:
        found["score"] = float(score)
    return found


def _read(texts: list[str]) -> Any:
    """Return what texts say: one as JSON, or several that are a memory each, as JSON or as they are."""
    values = [_json(text) for text in texts]
    return values[0] if len(values) == 1 and isinstance(values[0], dict | list) else values


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _memory(search: Search, found: Any) -> dict[str, Any]:
    if not isinstance(found, dict):
        return {"text": str(found)}
    ids = _at(found, search.dia_ids) or []
    memory = {
        "text": _at(found, search.text),
        "dia_ids": [ids] if isinstance(ids, str) else ids,
        "score": _at(found, search.score),
        "date": _at(found, search.date),
    }
    return {name: value for name, value in memory.items() if value is not None}


def _at(value: Any, place: str) -> Any:
    """Return what stands at a place, None if nothing does."""
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
