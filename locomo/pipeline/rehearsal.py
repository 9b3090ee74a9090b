"""Going through the work of a stage without asking anybody: stored answers where there are some, stand-ins elsewhere.

So a plan counts what the stage's own code would ask, also where a request depends on the answers to earlier ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from locomo.files import canonical_json
from locomo.llm import Client, LlmSettings, Outcome, Provider, Request, RequestCache, Response
from locomo.llm.cache import Backend
from locomo.llm.provider import addressed
from locomo.llm.providers.mock_schema import instance
from locomo.llm.structured import told_schema
from locomo.llm.types import Capabilities, Limits

WORDS = 4
"""Of a stand-in without a schema."""
SHARE = 0.5
"""Of the longest text that a schema allows, how long one is taken to be."""


class StandIn:
    """A `Provider` that goes by the name of another, and says a few words of the prompt in the shape that is wanted."""

    limits: Limits | None = None
    concurrency = 64

    def __init__(self, provider: Provider, says: Callable[[Request], str | None] | None = None) -> None:
        self._says = says
        self.name: str = provider.name
        self.model: str = provider.model
        self.revision: str | None = provider.revision
        asked = addressed(provider)  # the very keys that the other's requests have
        self.service: str | None = asked["service"]
        self.effort: str | None = asked["effort"]
        self.thinking_tokens: int | None = asked["thinking_tokens"]
        self.capabilities: Capabilities = provider.capabilities
        self._provider = provider

    def count_tokens(self, text: str) -> int:
        """Return what the other counts."""
        return self._provider.count_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer without asking anybody."""
        pick = random.Random(request.key)  # noqa: S311  (nothing secret)
        words = " ".join(message.content for message in request.messages).split() or ["…"]
        given = None if self._says is None else self._says(request)
        if given is not None:
            return Response(given, self.model, len(words), len(given.split()), finish_reason="stop")
        schema = request.schema or told_schema(request.messages)
        if schema is None:
            said = " ".join(pick.choices(words, k=WORDS))
        else:
            said = canonical_json(_as_long(instance(schema, words, pick), schema))
        return Response(said, self.model, len(words), len(said.split()), finish_reason="stop")

    async def close(self) -> None:
        """Nothing is held open."""


class Rehearsal(Client):
    """A client that reads the cache, changes nothing in it, and notes all that it is asked.

    `says` gives a stand-in for an answer; where it gives None, one of the prompt's words is made.
    """

    def __init__(
        self, provider: Provider, cache: RequestCache, says: Callable[[Request], str | None] | None = None
    ) -> None:
        super().__init__(StandIn(provider, says), RequestCache(backend=_Overlay(cache.backend)), LlmSettings())
        self.asked: list[Request] = []

    async def ask(self, request: Request) -> Outcome:
        """See `Client`."""
        self.asked.append(request)
        return await super().ask(request)

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()  # who sends nothing is in nobody's way


class _Overlay:
    """A `Backend` whose new entries lie in memory, over those of another."""

    def __init__(self, below: Backend) -> None:
        self.location = below.location
        self._below = below
        self._own: dict[str, str] = {}

    def get(self, key: str) -> str | None:
        return self._own.get(key) or self._below.get(key)

    def put(self, entries: Collection[tuple[str, str]]) -> None:
        self._own |= dict(entries)

    def add(self, entries: Collection[tuple[str, str]]) -> set[str]:
        new = {key: text for key, text in entries if self.get(key) is None}
        self._own |= new
        return set(new)

    def delete(self, keys: Collection[str]) -> None:
        for key in keys:
            self._own.pop(key, None)

    def keys(self) -> Iterator[str]:
        yield from sorted({*self._own, *self._below.keys()})

    def items(self) -> Iterator[tuple[str, str]]:
        yield from ((key, text) for key in self.keys() if (text := self.get(key)) is not None)

    def size(self) -> int:
        return self._below.size()

    def __len__(self) -> int:
        return sum(1 for _ in self.keys())

    def close(self) -> None:
        self._own.clear()


def _as_long(value: Any, schema: Mapping[str, Any]) -> Any:
    """Make the texts of a value as long as answers are: what later requests take depends on it."""
    if isinstance(value, dict):
        return {name: _as_long(inner, schema["properties"][name]) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_long(inner, schema.get("items", {})) for inner in value]
    if not isinstance(value, str) or "enum" in schema or not value or "maxLength" not in schema:
        return value
    length = int(SHARE * schema["maxLength"])
    return value if len(value) >= length else " ".join([value] * (length // len(value) + 1))[:length].strip()
