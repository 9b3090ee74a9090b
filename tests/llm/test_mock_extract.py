"""The stand-in for a model that memory systems ask: by the schema or the function that it is asked for."""

from __future__ import annotations

import asyncio
import json

import pytest

from locomo.llm import AnswerError, Message, Request, Response, open_model

DIALOGUE = "Ruth: I keep eleven hives of bees. Yes!\nIvo: My brother sells honey in Basel."
FACTS = ["Ruth: I keep eleven hives of bees.", "Ivo: My brother sells honey in Basel."]


def answer(prompt: str, **how: object) -> Response:
    request = Request("mock", "extract", (Message("system", "Return memory."), Message("user", prompt)), 100, **how)
    return asyncio.run(open_model("mock/extract", context_window=None).complete(request))


def told(prompt: str, schema: dict) -> dict:
    return json.loads(answer(prompt, schema=schema).text)


def test_graphiti() -> None:
    current = f"<CURRENT MESSAGE>\n{DIALOGUE}\n</CURRENT MESSAGE>"
    entities = told(current, {"title": "ExtractedEntities"})["extracted_entities"]
    assert [entity["name"] for entity in entities] == ["Ruth", "eleven", "Ivo", "brother"]
    prompt = f"<CURRENT_MESSAGE>\n{DIALOGUE}\n</CURRENT_MESSAGE><REFERENCE_TIME>2023-05-08T13:56:00Z</REFERENCE_TIME>"
    edges = told(prompt, {"title": "ExtractedEdges"})["edges"]
    assert [edge["fact"] for edge in edges] == FACTS
    assert edges[0]["valid_at"] == "2023-05-08T13:56:00Z"
    known = '<ENTITIES>[{"id": 0, "name": "Ruth"}, {"id": 1, "name": "Ivo"}]</ENTITIES>'
    known += '<EXISTING ENTITIES>[{"candidate_id": 7, "name": "ruth"}]</EXISTING ENTITIES>'
    resolved = told(known, {"title": "NodeResolutions"})["entity_resolutions"]
    assert [one["duplicate_candidate_id"] for one in resolved] == [7, -1]


def test_a_mem() -> None:
    schema = {"properties": {"keywords": {}, "context": {}, "tags": {}}}
    assert "bees" in told("Content for analysis:\nRuth keeps bees", schema)["keywords"]
    query = {"properties": {"keywords": {}}}
    assert told("Question: Who keeps bees?", query) == {"keywords": ["who", "keeps", "bees"]}
    evolution = {"should_evolve": {}, "suggested_connections": {}, "new_context_neighborhood": {}, "actions": {}}
    assert told("Evolve?", {"properties": evolution})["should_evolve"] is False


def test_mem0() -> None:
    memories = told(
        f"## Existing Memories\n[]\n\n## New Messages\n{DIALOGUE}\n\n## Observation Date\n2023", {"type": "object"}
    )
    assert [memory["text"] for memory in memories["memory"]] == FACTS


def test_a_line_of_the_other_role_is_a_line_of_its_speaker() -> None:
    new = "## New Messages\nuser: Ruth: I keep eleven hives of bees.\nassistant: Ivo: My brother sells honey in Basel."
    assert [memory["text"] for memory in told(new, {"type": "object"})["memory"]] == FACTS


def test_memos() -> None:
    told_in = "\n".join(f"user: [8 May, 2023]: {line}" for line in DIALOGUE.splitlines())
    example = "Conversation:\nuser: [1 May, 2023]: Tom: I have five cats at home."
    prompt = f'Return {{"memory list": [...]}}\n\n{example}\n\nConversation:\n{told_in}\n\nYour Output:'
    assert [memory["value"] for memory in json.loads(answer(prompt).text)["memory list"]] == FACTS


def test_langmem() -> None:
    calls = answer(DIALOGUE, tools=({"name": "Memory"},)).tool_calls
    assert [json.loads(call.arguments)["content"] for call in calls or ()] == FACTS
    assert answer("Good morning.", tools=({"name": "Memory"},)).tool_calls is None


def test_simplemem() -> None:
    lines = [f"[2023-05-08T13:56:00] {line}" for line in DIALOGUE.splitlines()]
    dialogue = "\n".join(lines)
    prompt = f"[Current Window Dialogues]\n{dialogue}\n[Requirements] lossless_restatement"
    statements = json.loads(answer(prompt).text)
    assert [one["lossless_restatement"] for one in statements] == FACTS
    assert statements[0]["timestamp"] == "2023-05-08T13:56:00"
    assert json.loads(answer('Original Question: Who?\n{"queries": []}').text)["queries"] == ["Who?"]


def test_whatever_else_is_refused() -> None:
    with pytest.raises(AnswerError, match="stands in for a model"):
        answer("What is the capital of France?")
