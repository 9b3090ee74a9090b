"""What tests of a generation share: settings, an encoder that counts letters, and models that say what a test wants."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from locomo.dataset import read_folder, write_conversation
from locomo.generation.agents import Generated, generate
from locomo.generation.settings import GenerationSettings
from locomo.llm import Capabilities, Client, Request, RequestCache, Response, open_model
from locomo.llm.providers.mock_schema import instance
from locomo.schema import Conversation

PAIR = (("I mend clocks.", "I have a parrot."), ("I am a nurse.", "I bake rye bread."))
SMALL: dict[str, Any] = {
    "mode": "agents",
    "model": "mock/words",
    "personas": "data/raw/personas.json",
    "conversations": 1,
    "sessions": 2,
    "days": 30,
    "events": 6,
    "events_per_session": 2,
    "max_turns": 5,
    "seed": 7,
    "questions": 5,
    "reflections": True,
    "images": True,
}


def settings(**changes: Any) -> GenerationSettings:
    return GenerationSettings.model_validate({**SMALL, **changes})


class Letters:
    """An `Encoder` whose vectors count letters."""

    name, revision = "letters", "1"

    def encode(self, texts: Sequence[str], *, side: str) -> np.ndarray:
        counts = [[text.lower().count(letter) for letter in "abcdefghijklmnopqrstuvwxyz"] for text in texts]
        return np.array(counts, dtype=np.float32).reshape(len(texts), 26)


class Actor:
    """A model whose every answer is made from a proper one by `twist(value, step)`; text is said as it is.

    It is told schemas, unless it is `held` to them; a held one that twists breaks its promise.
    """

    name, model, revision, limits, concurrency = "fake", "actor", None, None, 4

    def __init__(self, twist: Callable[[Any, str], Any] = lambda value, step: value, *, held: bool = False) -> None:
        self.capabilities = Capabilities(context_window=100_000, json_schema=held)
        self.twist = twist
        self.calls: list[Request] = []

    def count_tokens(self, text: str) -> int:
        return len(text.split())

    async def complete(self, request: Request) -> Response:
        self.calls.append(request)
        schema = request.schema or told_schema(request)
        words = ["Nora", "mends", "clocks", "and", "bread", "on", "Monday", "gladly"]
        value = self.twist(instance(schema, words, random.Random(request.key)), request.step or "")
        text = value if isinstance(value, str) else json.dumps(value)
        return Response(text, "actor", 10, 5, finish_reason="stop")

    async def close(self) -> None:
        pass


def told_schema(request: Request) -> dict[str, Any]:
    text = request.messages[1].content
    return json.loads(text[text.rindex("by this JSON schema: ") + len("by this JSON schema: ") :])


def perform(actor: Any, cache: Path, pairs: Sequence[Any] = (PAIR,), **changes: Any) -> list[Generated]:
    """Have a model generate; the cache is a folder."""
    client = Client(actor, RequestCache(cache))
    try:
        return generate(client, settings(**changes), pairs, Letters(), on_session=lambda: None)
    finally:
        client.cache.close()


def words() -> Any:
    return open_model("mock/words", context_window=None)


def reread(made: Sequence[Generated], folder: Path) -> list[Conversation]:
    """Write conversations and read them as every later stage does."""
    for each in made:
        write_conversation(each.conversation, folder)
    return read_folder(folder)
