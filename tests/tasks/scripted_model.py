"""A model that says what a test says."""

from __future__ import annotations

import json
from collections.abc import Callable

from locomo.llm import Capabilities, Request, Response


class Model:
    """Answers with a text as it is, with anything else as JSON, and raises errors; `asked` has all requests."""

    name, model, revision, concurrency, limits = "scripted", "m", None, 1, None

    def __init__(self, says: Callable[[Request], object], window: int = 4000) -> None:
        self.says = says
        self.capabilities = Capabilities(context_window=window, json_schema=True)
        self.asked: list[Request] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        found = self.says(request)
        if isinstance(found, Exception):
            raise found
        return Response(found if isinstance(found, str) else json.dumps(found), "m", 10, 2)

    async def close(self) -> None:
        """Nothing is held open."""
