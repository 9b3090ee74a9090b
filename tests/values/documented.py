"""Which values params.yaml documents: by the types of its parameters, by registries behind them, by its comments."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from conftest import PARAMS
from pydantic import BaseModel

from locomo.captioning.names import BLIP, RELEASED
from locomo.llm.registry import PROVIDERS
from locomo.pipeline.params import Params
from locomo.retrieval.declaration import DECLARATIONS
from locomo.retrieval.names import RETRIEVERS
from locomo.retrieval.units import UNITS
from locomo.scoring.protocol import PROTOCOLS
from locomo.tasks.judge_prompt import PROMPTS

REGISTRIES: dict[str, list[str]] = {
    "protocol": [*PROTOCOLS],
    "rag.retriever": [*RETRIEVERS],
    "rag.units": [*UNITS],
    "events.units": [*UNITS],
    "embed.encoder": [*DECLARATIONS, "bm25"],
    "caption.captioner": [RELEASED, BLIP],
    "judge.prompt": [*PROMPTS],
}
"""Parameters whose values are names of a registry, with those names."""
PROVIDERS_OF_MODELS: list[str] = [*PROVIDERS]
_VALUE = re.compile(r"[\w.-]+/(?:<|\.\.\.|\*)|\b[\w-]+(?=:(?:\s|$))|\b\d*bit\b|\b\w+-\d\w*|\[\]|redis://")
"""What a comment says that looks like a value: `hf/<...>`, `null: ...`, `4bit`, `3500-rpm`, `[]`."""


def leaves(section: type[BaseModel] = Params, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each parameter's dotted name with its type."""
    for name, field in section.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from leaves(field.annotation, f"{before}{name}.")
        else:
            yield f"{before}{name}", field.annotation


def typed_values(kind: Any) -> set[str]:
    """Return the values, as YAML has them, that a type lists one by one."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is bool:
        return {"true", "false"}
    if kind is type(None):
        return {"null"}
    if origin is Literal:
        return {str(value) for value in inner}
    if origin is Annotated:
        return typed_values(inner[0])
    if origin in (Union, types.UnionType, list):
        return set().union(*map(typed_values, inner))
    return set()


def is_number(kind: Any) -> bool:
    """Whether a type has numbers among its values."""
    return kind in (int, float) or any(is_number(inner) for inner in get_args(kind))


def required(name: str, kind: Any) -> set[str]:
    """Return the values of a parameter that types and registries list."""
    return typed_values(kind) | set(REGISTRIES.get(name, []))


def comments(params: Path = PARAMS) -> dict[str, str]:
    """Return the comment behind each parameter in a params.yaml."""
    found, section = {}, ""
    for line in params.read_text(encoding="utf-8").splitlines():
        match = re.match(r"(\s*)([a-z_]+):([^#]*)(?:#(.*))?$", line)
        if not match:
            continue
        indent, name, value, comment = match.groups()
        if not indent:
            section = name
        if value.strip() or comment is None:
            found[f"{section}.{name}" if indent else name] = comment or ""
    return {name: found.get(name, "") for name, _ in leaves()}


def words_of(comment: str) -> set[str]:
    """Return what a comment mentions that looks like a value (without paths of docs)."""
    text = re.sub(r"\b(?:docs|data)/\S+", "", comment)
    return {match[0].rstrip("<.*") for match in _VALUE.finditer(text)}


def defaults() -> dict[str, Any]:
    """Return the values that params.yaml ships with, by dotted name."""
    data = yaml.safe_load(PARAMS.read_text(encoding="utf-8"))
    found = {}
    for name, _ in leaves():
        value = data
        for part in name.split("."):
            value = value[part]
        found[name] = value
    return found
