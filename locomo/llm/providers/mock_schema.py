"""A value that satisfies a JSON schema, made of words that are given: what `mock/words` answers."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from locomo.llm.provider import SchemaError

MOST_ITEMS: Final = 4
WORDS: Final = 6
LARGEST: Final = 100
_PLAIN: Final = ("string", "integer", "number", "boolean", "null")


def instance(schema: Mapping[str, Any], words: Sequence[str], pick: random.Random) -> Any:
    """Return a value of a schema of the simple kind: one type a node, no patterns, no references.

    SchemaError for any other, before anything is answered.
    """
    if "enum" in schema:
        return pick.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        return {name: instance(inner, words, pick) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        least = schema.get("minItems", 0)
        count = pick.randint(least, max(least, min(schema.get("maxItems", MOST_ITEMS), MOST_ITEMS)))
        return [instance(schema.get("items", {"type": "string"}), words, pick) for _ in range(count)]
    if kind in _PLAIN and not schema.keys() & {"pattern", "format"}:
        return _plain(kind, schema, words, pick)
    raise SchemaError(f"mock/words makes no value of {dict(schema)}")


def _plain(kind: str, schema: Mapping[str, Any], words: Sequence[str], pick: random.Random) -> Any:
    least = schema.get("minimum", 0)
    match kind:
        case "string":
            return _text(schema, words, pick)
        case "integer" | "number":
            return pick.randint(math.ceil(least), math.floor(schema.get("maximum", least + LARGEST)))
        case "boolean":
            return pick.random() < 0.5
    return None


def _text(schema: Mapping[str, Any], words: Sequence[str], pick: random.Random) -> str:
    text = " ".join(pick.choices(words, k=WORDS)) if words else ""
    least = schema.get("minLength", 0)
    return text[: schema.get("maxLength", len(text))].strip().ljust(least, "…")
