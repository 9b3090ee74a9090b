"""A gateway in front of a model that answers as a test says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from openai import OpenAI

from locomo.gateway import Gateway, running
from locomo.llm import Capabilities, Client, LlmSettings, Price, Request, RequestCache, Response, Spending

Answer = Callable[[Request], str | Response | Exception]


class Told:
    """A model that answers by a function and remembers what it was asked."""

    name, revision, concurrency, limits = "told", None, 4, None

    def __init__(self, answer: Answer, *, model: str = "one", window: int = 8_000, json_schema: bool = True) -> None:
        self.model = model
        self.capabilities = Capabilities(context_window=window, json_schema=json_schema)
        self.asked: list[Request] = []
        self._answer = answer

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    async def complete(self, request: Request) -> Response:
        self.asked.append(request)
        answer = self._answer(request)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(answer, "told-1", 10, 2, finish_reason="stop")

    async def close(self) -> None:
        pass


def vectors(texts: Sequence[str]) -> np.ndarray:
    """Return three numbers for each text."""
    return np.array([list(hashlib.sha256(text.encode()).digest()[:3]) for text in texts], dtype=np.float32)


@contextmanager
def gateway_of(
    answer: Answer, folder: Path, *, settings: LlmSettings | None = None, price: Price | None = None, **how: Any
) -> Iterator[tuple[Gateway, Told]]:
    """Run a gateway, with a request cache and a journal in a folder."""
    model, cache = Told(answer, **how), RequestCache(folder / "cache")
    settings = settings or LlmSettings()
    spending = Spending(price, budget=settings.budget_usd, journal=folder / "calls.jsonl", run="r", stage="memory")
    try:
        with running(chat=Client(model, cache, settings, spending), embed=vectors, embedder="three") as gateway:
            yield gateway, model
    finally:
        cache.close()


def client_of(gateway: Gateway, *caller: str, **how: Any) -> OpenAI:
    """Return the client that systems use."""
    return OpenAI(base_url=gateway.url(*caller), api_key=gateway.token, **how)
