"""SimpleMem: statements of a window of turns, and what a search plans: all as JSON in free words."""

from __future__ import annotations

import re
from typing import Any, Final

from locomo.files import canonical_json
from locomo.llm.providers.extract.dialogue import between, keywords, sentences
from locomo.llm.types import Request

_QUESTION: Final = re.compile(r"^(?:Original )?Question: (.+)$", re.M)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+")


def answer(request: Request) -> str | None:
    """Answer by the part that the prompt has, or by the names in the answer that it describes."""
    prompt = request.messages[-1].content
    if "lossless_restatement" in prompt:
        return canonical_json(_statements(between(prompt, "[Current Window Dialogues]", "[Requirements]")))
    asked = _QUESTION.search(prompt)
    if asked is None:
        return None
    planned = _plans(asked[1])
    return next((canonical_json(plan) for name, plan in planned.items() if f'"{name}":' in prompt), None)


def _statements(window: str) -> list[dict[str, Any]]:
    return [
        {
            "lossless_restatement": said.fact,
            "keywords": keywords(said.text),
            "timestamp": said.date if said.date and _DATE.fullmatch(said.date) else None,
            "location": None,
            "persons": [said.speaker],
            "entities": [],
            "topic": said.topic,
        }
        for said in sentences(window)
    ]


def _plans(question: str) -> dict[str, dict[str, Any]]:
    """Return what is said to each kind of request, by a name that only its answers have."""
    needed = {"info_type": "fact", "description": question, "priority": "high"}
    return {
        "minimal_queries_needed": {
            "question_type": "factual",
            "key_entities": keywords(question),
            "required_info": [needed],
            "relationships": [],
            "minimal_queries_needed": 1,
        },
        "assessment": {
            "assessment": "complete",
            "reasoning": "All that there is was found.",
            "missing_info_types": [],
            "coverage_percentage": 100,
        },
        "queries": {"reasoning": "The question itself.", "queries": [question]},
    }
