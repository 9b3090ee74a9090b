"""MemOS: the memories of new messages, as a JSON object in free words."""

from __future__ import annotations

import re
from typing import Final

from locomo.files import canonical_json
from locomo.llm.providers.extract.dialogue import keywords, sentences
from locomo.llm.types import Request

_LIST: Final = '"memory list"'
_CONVERSATION: Final = "Conversation:\n"
_ROLE: Final = re.compile(r"^(?:user|assistant): *\[[^\]\n]*\]: *", re.M)


def answer(request: Request) -> str | None:
    """Answer what describes an object with a `memory list` in it."""
    prompt = request.messages[-1].content
    if _LIST not in prompt:
        return None
    told = _ROLE.sub("", prompt.rpartition(_CONVERSATION)[2])
    found = [
        {"key": said.topic, "memory_type": "LongTermMemory", "value": said.fact, "tags": keywords(said.text)}
        for said in sentences(told)
    ]
    return canonical_json({"memory list": found, "summary": ""})
