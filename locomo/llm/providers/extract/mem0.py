"""Mem0: the facts of new messages, as a JSON object."""

from __future__ import annotations

import re

from locomo.files import canonical_json
from locomo.llm.providers.extract.dialogue import sentences
from locomo.llm.types import Request

_NEW = re.compile(r"^#+ *New Messages\b.*$", re.M | re.I)
_NEXT = re.compile(r"^#+ ", re.M)


def answer(request: Request) -> str | None:
    """Answer what asks for an object with `memory` in it."""
    prompt = request.messages[-1].content
    parts = _NEW.split(prompt)
    if request.schema is None or len(parts) < 2 or "memory" not in request.messages[0].content:
        return None
    new = _NEXT.split(parts[-1])[0]
    return canonical_json(
        {
            "memory": [
                {"id": str(number), "text": said.fact, "attributed_to": "user", "linked_memory_ids": []}
                for number, said in enumerate(sentences(new))
            ]
        }
    )
