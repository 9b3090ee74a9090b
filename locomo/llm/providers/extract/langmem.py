"""LangMem: memories to keep, as calls of a function `Memory`."""

from __future__ import annotations

import hashlib

from locomo.files import canonical_json
from locomo.llm.providers.extract.dialogue import sentences
from locomo.llm.types import Request, ToolCall

_TOOL = "Memory"


def answer(request: Request) -> tuple[ToolCall, ...] | str | None:
    """Call the function once for each sentence; say that there is nothing where there is none."""
    if _TOOL not in [tool["name"] for tool in request.tools or ()]:
        return None
    said = sentences(request.messages[-1].content)
    if not said:
        return "There is nothing to remember."
    return tuple(
        ToolCall(
            f"call_{hashlib.sha256(f'{request.key} {number}'.encode()).hexdigest()[:24]}",
            _TOOL,
            canonical_json({"content": sentence.fact}),
        )
        for number, sentence in enumerate(said)
    )
