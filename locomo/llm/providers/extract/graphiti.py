"""Graphiti: entities of a message, facts between them, which of them are known already, and what sums them up."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from locomo.files import canonical_json
from locomo.llm.providers.extract.dialogue import between, sentences
from locomo.llm.types import Request

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[T ][\d:]+(?:[+-][\d:]+|Z)?")


def answer(request: Request) -> str | None:
    """Answer by the title of the schema that is asked for."""
    if request.schema is None:
        return None
    rule = _RULES.get(str(request.schema.get("title")))
    prompt = "\n".join(message.content for message in request.messages)
    return None if rule is None else canonical_json(rule(prompt))


def _entities(prompt: str) -> dict[str, Any]:
    said = sentences(between(prompt, "<CURRENT MESSAGE>", "</CURRENT MESSAGE>"))
    names = dict.fromkeys(name for sentence in said for name in (sentence.speaker, sentence.topic))
    return {"extracted_entities": [{"name": name, "entity_type_id": 0, "episode_indices": [0]} for name in names]}


def _edges(prompt: str) -> dict[str, Any]:
    moment = _TIME.search(between(prompt, "<REFERENCE_TIME>", "</REFERENCE_TIME>"))
    edges = [
        {
            "source_entity_name": sentence.speaker,
            "target_entity_name": sentence.topic,
            "relation_type": "SAID",
            "fact": sentence.fact,
            "valid_at": moment[0] if moment else None,
            "invalid_at": None,
            "episode_indices": [0],
        }
        for sentence in sentences(between(prompt, "<CURRENT_MESSAGE>", "</CURRENT_MESSAGE>"))
        if sentence.speaker != sentence.topic
    ]
    return {"edges": edges}


def _resolutions(prompt: str) -> dict[str, Any]:
    """An entity is the known one of the same name, else a new one."""
    known = {
        str(one.get("name")).lower(): one.get("candidate_id", one.get("id")) for one in _listed(prompt, "EXISTING")
    }
    return {
        "entity_resolutions": [
            {
                "id": one["id"],
                "name": one["name"],
                "duplicate_candidate_id": known.get(str(one["name"]).lower(), -1),
            }
            for one in _listed(prompt, "ENTITIES")
        ]
    }


def _listed(prompt: str, mark: str) -> list[dict[str, Any]]:
    """Return the objects of the list behind the last mark that begins like this."""
    opening = [found for found in re.finditer(rf"<{mark}[A-Z ]*>", prompt)]
    if not opening:
        return []
    start = prompt.find("[", opening[-1].end())
    try:
        value, _ = json.JSONDecoder().raw_decode(prompt[start:])
    except ValueError:
        return []
    return [one for one in value if isinstance(one, dict)]


_RULES: Final[dict[str, Callable[[str], dict[str, Any]]]] = {
    "ExtractedEntities": _entities,
    "ExtractedEdges": _edges,
    "NodeResolutions": _resolutions,
    "EdgeDuplicate": lambda _: {"duplicate_facts": [], "contradicted_facts": []},
    "SummarizedEntities": lambda _: {"summaries": []},
    "EntitySummary": lambda _: {"summary": ""},
    "BatchEdgeTimestamps": lambda _: {"timestamps": []},
    "EdgeTimestamps": lambda _: {"valid_at": None, "invalid_at": None},
}
