"""A-MEM: keywords of a note, whether it changes its neighbours, and what is searched for."""

from __future__ import annotations

from locomo.files import canonical_json
from locomo.llm.providers.extract.dialogue import keywords
from locomo.llm.types import Request

_NOTE = {"keywords", "context", "tags"}
_EVOLUTION = {"should_evolve", "suggested_connections", "new_context_neighborhood"}
_CONTENT = "Content for analysis:"
_QUERY = {"keywords"}
_QUESTION = "Question:"


def answer(request: Request) -> str | None:
    """Answer by the names in the schema that is asked for."""
    names = set((request.schema or {}).get("properties", ()))
    prompt = request.messages[-1].content
    if names == _NOTE:
        content = prompt.rpartition(_CONTENT)[2].strip()
        words = keywords(content)
        return canonical_json({"keywords": words, "context": f"About {', '.join(words[:3])}.", "tags": words[:3]})
    if names == _QUERY:
        return canonical_json({"keywords": keywords(prompt.rpartition(_QUESTION)[2])})
    if names >= _EVOLUTION:
        unchanged: dict[str, list[str]] = {name: [] for name in names - {"should_evolve"}}
        return canonical_json({**unchanged, "should_evolve": False})
    return None
