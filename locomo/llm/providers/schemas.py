"""What each service takes of JSON schema. What it cannot be told is a `SchemaError`, or is left to the validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from locomo.llm.provider import SchemaError

Schema = Mapping[str, Any]

ANY_OBJECT: Schema = {"type": "object"}
"""What is asked for where an answer has to be JSON and nobody says of which shape."""

_NAMED = ("properties", "$defs", "definitions", "patternProperties")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")

_STRICT = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$defs", "$ref"),
    *("title", "description", "pattern", "minItems", "maxItems"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
"""Keywords of OpenAI's strict mode."""
_SAYS_WHAT = {"type", "enum", "const", "anyOf", "$ref"}
"""Keywords of which it wants one in every node."""
_ITEMS = {"minItems": "min_items", "maxItems": "max_items"}


def for_openai(schema: Schema) -> dict[str, Any]:
    """Return the `response_format`: strict where every object is closed and has to be whole, as OpenAI wants it."""
    if schema.get("type") != "object":
        raise SchemaError("OpenAI's answers are objects")
    if schema == ANY_OBJECT:
        return {"type": "json_object"}
    strict = "anyOf" not in schema and all(map(_is_strict, _nodes(schema)))
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": strict}}


def for_anthropic(schema: Schema) -> dict[str, Any]:
    """Return the `output_config`. Their library writes into descriptions what their service cannot be told."""
    from anthropic import transform_schema

    for node in _nodes(schema):
        # Their objects are always closed: one whose names are free would come out empty.
        if node.get("additionalProperties", False) is not False or "patternProperties" in node:
            raise SchemaError("Anthropic's objects have names that are known before")
    try:
        return {"format": {"type": "json_schema", "schema": transform_schema(_single_types(schema))}}
    except (AssertionError, TypeError, ValueError) as error:  # as it comes to what it does not know
        raise SchemaError(f"Anthropic's library cannot read the schema ({error})") from None


def for_gemini(schema: Schema) -> dict[str, Any]:
    """Return a schema of the Gemini API's first kind: one type a node, no references, no choices."""
    named = schema.get("type", [])
    types = [named] if isinstance(named, str) else named
    kinds = [kind for kind in types if kind != "null"]
    values = [value for value in schema.get("enum", ()) if value is not None]
    if len(kinds) != 1 or not all(isinstance(value, str) for value in values):
        raise SchemaError("this library's schemas have one type a value, and enums of strings")
    (kind,) = kinds
    fitted: dict[str, Any] = {"type": kind}
    if "null" in types:
        fitted["nullable"] = True
    if values:
        fitted |= {"format": "enum", "enum": list(values)}
    if "description" in schema:
        fitted["description"] = schema["description"]
    if kind == "array":
        fitted["items"] = for_gemini(_mapping(schema.get("items")))
        fitted |= {theirs: schema[name] for name, theirs in _ITEMS.items() if name in schema}
    if kind == "object":
        properties = schema.get("properties")
        if not properties:
            raise SchemaError("this library's objects have names that are known before")
        fitted["properties"] = {name: for_gemini(_mapping(value)) for name, value in properties.items()}
        fitted["required"] = list(schema.get("required", ()))
    return fitted


def _is_strict(node: Schema) -> bool:
    if not node.keys() <= _STRICT or not node.keys() & _SAYS_WHAT:
        return False
    if node.get("type") != "object" and "properties" not in node:
        return True
    closed = node.get("additionalProperties") is False
    return closed and set(node.get("properties", ())) == set(node.get("required", ()))


def _mapping(value: Any) -> Schema:
    if not isinstance(value, Mapping):
        raise SchemaError("this library's schemas say what every value is")
    return value


def _nodes(schema: Any) -> Iterator[Schema]:
    """Yield a schema and all that are in it; `true`, which allows everything, as the empty one."""
    if schema is True:
        yield {}
    if not isinstance(schema, Mapping):
        return
    yield schema
    for name in _NAMED:
        for value in schema.get(name, {}).values():
            yield from _nodes(value)
    for name in _LISTED:
        for value in schema.get(name, ()):
            yield from _nodes(value)
    for name in _SINGLE:
        yield from _nodes(schema.get(name))


def _single_types(part: Any) -> Any:
    """Return a part of a schema with a choice of schemas where a node has several types."""
    if isinstance(part, list):
        return [_single_types(value) for value in part]
    if not isinstance(part, Mapping):
        return part
    node = {name: _single_types(value) for name, value in part.items()}
    if isinstance(types := node.get("type"), list):
        return {"anyOf": [{**node, "type": kind} for kind in types]}
    return node
