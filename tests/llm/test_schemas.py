"""A JSON schema as each service takes it: as much of it as can be said, nothing that would be refused or mean less."""

from __future__ import annotations

import pytest

from locomo.llm.provider import SchemaError
from locomo.llm.providers.schemas import for_anthropic, for_gemini, for_openai


def an_object(**properties: object) -> dict:
    """A closed object of which everything is required."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


TEXT = {"type": "string"}
WHOLE = an_object(answer={"type": ["string", "null"]}, turns={"type": "array", "items": an_object(id=TEXT)})


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (WHOLE, True),
        (an_object(), True),
        (an_object(a={"enum": ["x", "y"]}, b={"anyOf": [TEXT, {"type": "null"}]}, c={"$ref": "#/$defs/a"}), True),
        (an_object(a={"type": "integer", "minimum": 1}), True),
        (an_object(required=TEXT, oneOf=TEXT), True),  # names of properties, not keywords
        ({**WHOLE, "required": ["answer"]}, False),
        ({**WHOLE, "additionalProperties": True}, False),
        ({"type": "object", "properties": {"a": TEXT}, "required": ["a"]}, False),
        ({**WHOLE, "anyOf": [{"required": ["answer"]}]}, False),
        (an_object(a={"oneOf": [TEXT, {"type": "null"}]}), False),
        (an_object(a={"type": "array", "items": True}), False),
        (an_object(a={}), False),
        (an_object(a={"type": "object", "additionalProperties": {"type": "number"}}), False),
        ({**an_object(a={"$ref": "#/$defs/b"}), "$defs": {"b": {"type": "object"}}}, False),
    ],
)
def test_openai_is_strict_where_it_can_be(schema: dict, strict: bool) -> None:
    sent = for_openai(schema)
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["strict"] is strict
    assert sent["json_schema"]["schema"] == schema


def test_openai_is_asked_for_any_object_in_its_json_mode() -> None:
    assert for_openai({"type": "object"}) == {"type": "json_object"}


@pytest.mark.parametrize("schema", [{"type": "array", "items": TEXT}, {"anyOf": [WHOLE]}, {}])
def test_openai_takes_objects_alone(schema: dict) -> None:
    with pytest.raises(SchemaError):
        for_openai(schema)


def test_anthropic_gets_closed_objects_and_one_type_a_value() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}, "n": {"type": "integer", "minimum": 1}},
    }
    sent = for_anthropic(schema)["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert sent["schema"]["properties"]["a"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert sent["schema"]["properties"]["n"] == {"type": "integer", "description": "{minimum: 1}"}
    assert schema["properties"]["n"] == {"type": "integer", "minimum": 1}, "the caller's own schema was changed"


@pytest.mark.parametrize(
    "schema",
    [
        an_object(a={"type": "object", "additionalProperties": {"type": "number"}}),
        {"type": "object", "additionalProperties": True},
        an_object(a={"type": "object", "patternProperties": {"^D": TEXT}}),
        an_object(a={"type": "array", "items": True}),
        an_object(a={}),
    ],
)
def test_what_anthropic_would_read_otherwise_is_not_sent(schema: dict) -> None:
    with pytest.raises(SchemaError):
        for_anthropic(schema)


@pytest.mark.filterwarnings("ignore")
def test_gemini_gets_its_own_kind_of_schema() -> None:
    from google.generativeai import protos
    from google.generativeai.types.generation_types import to_generation_config_dict

    fitted = for_gemini({**WHOLE, "description": "what is known", "title": "T"})
    assert fitted["properties"]["answer"] == {"type": "string", "nullable": True}
    assert for_gemini({"type": ["string", "null"], "enum": ["x", None]}) == {
        "type": "string",
        "nullable": True,
        "format": "enum",
        "enum": ["x"],
    }
    sent = to_generation_config_dict({"response_schema": fitted})["response_schema"]
    assert sent.description == "what is known"
    assert list(sent.required) == ["answer", "turns"]
    assert sent.properties["turns"].items.properties["id"].type_ is protos.Type.STRING
    limited = to_generation_config_dict(
        {"response_schema": for_gemini({"type": "array", "items": TEXT, "maxItems": 3})}
    )
    assert limited["response_schema"].max_items == 3


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [TEXT]},
        {"$ref": "#/$defs/a", "$defs": {"a": TEXT}},
        {"type": ["string", "integer"]},
        {"type": "null"},
        {"type": "integer", "enum": [1, 2]},
        {"type": "array"},
        {"type": "array", "items": True},
        {"type": "object"},
        an_object(a={"const": "x"}),
    ],
)
def test_what_gemini_cannot_be_told_is_not_sent(schema: dict) -> None:
    with pytest.raises(SchemaError):
        for_gemini(schema)
