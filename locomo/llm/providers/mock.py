"""A model that needs nothing: for tests, for trying the pipeline out, and as the floor that any model must beat.

`mock/refuse` always says that it was not mentioned; `mock/words` answers with a few words of the prompt, picked by
the request's hash, so that different questions and contexts get different, repeatable answers, and keeps to a schema
(see mock_schema.py); `mock/script:FILE` answers by rules (see mock_script.py); `mock/extract` answers what memory
systems ask of a model, by rules of its own (see extract/).
`LOCOMO_MOCK_DELAY` (seconds a call) and `LOCOMO_MOCK_LOG` (a file that gets the key of every call) serve tests.
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

from locomo.errors import InputError, did_you_mean
from locomo.files import canonical_json
from locomo.llm.catalog import Facts
from locomo.llm.provider import AnswerError
from locomo.llm.providers.extract import answer
from locomo.llm.providers.mock_schema import instance
from locomo.llm.providers.mock_script import Script
from locomo.llm.types import Capabilities, Request, Response, ToolCall

EXTRACT = "extract"
ANSWERS = ("refuse", "words", EXTRACT)
SENDS_IMAGES = True


def open_model(model: str, facts: Facts) -> MockModel:
    """Open a mock by name; InputError if there is none, or if its script cannot be used."""
    kind, colon, path = model.partition(":")
    if kind == "script" and colon:
        return MockModel(model, facts, Script(model, Path(path)))
    if model not in ANSWERS:
        known = ", ".join([*ANSWERS, "script:FILE"])
        raise InputError(f"model 'mock/{model}': expected one of {known}{did_you_mean(model, ANSWERS)}")
    return MockModel(model, facts)


class MockModel:
    """Answers at once, without a model."""

    name = "mock"
    concurrency = 4
    limits = None

    def __init__(self, model: str, facts: Facts, script: Script | None = None) -> None:
        self.model = model
        self.revision = script.revision if script else None
        self._script = script
        self.capabilities = facts.capabilities(
            Capabilities(
                context_window=131_072 if model == EXTRACT else 16_384,
                images=True,
                json_schema=model in ("words", EXTRACT),
                tools=model == EXTRACT,
            )
        )

    def count_tokens(self, text: str) -> int:
        """Return the number of words."""
        return len(text.split())

    async def complete(self, request: Request) -> Response:
        """Answer as the module says."""
        await asyncio.sleep(float(os.environ.get("LOCOMO_MOCK_DELAY", "0")))
        if log := os.environ.get("LOCOMO_MOCK_LOG"):
            with Path(log).open("a") as file:
                file.write(request.key + "\n")
        if self._script:
            return await self._script.answer(request)
        prompt = " ".join(message.content for message in request.messages)
        calls = None
        if self.model == EXTRACT:
            text, calls = _extracted(request)
        elif self.model == "refuse":
            text = "Not mentioned in the conversation"
        elif request.schema is not None:
            text = canonical_json(instance(request.schema, prompt.split(), random.Random(request.key)))  # noqa: S311
        else:
            text = " ".join(random.Random(request.key).choices(prompt.split(), k=4))  # noqa: S311
        return Response(
            text=text,
            model=self.model,
            input_tokens=self.count_tokens(prompt),
            output_tokens=self.count_tokens(" ".join([text, *(call.arguments for call in calls or ())])),
            finish_reason="stop",
            tool_calls=calls,
        )

    async def close(self) -> None:
        """Nothing is held open."""


def _extracted(request: Request) -> tuple[str, tuple[ToolCall, ...] | None]:
    """Return text and calls; AnswerError for what no system is known to ask."""
    said = answer(request)
    if said is None:
        raise AnswerError(
            "mock/extract stands in for a model where a shipped memory system asks it to extract or update memories; "
            "it has no rule for this request"
        )
    return (said, None) if isinstance(said, str) else ("", said)
