"""One step of a generation: a named call whose answer has a shape and a meaning, asked again a bounded number of times.

All that is random comes from the seed and the step's name. So the answers in the request cache determine everything: a
killed run, run again, takes the same way up to where it was, and asks on from there.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from locomo.errors import IncompleteError, ProviderError
from locomo.llm import Client, Message, Request, addressed
from locomo.llm.structured import instruction, read
from locomo.prompts import Prompts

T = TypeVar("T")

ASKS: Final = 3
"""How often a step is asked that a conversation cannot do without, at most."""
FEWER_ASKS: Final = 2
"""How often another one is asked, in whose place something plain can stand."""
_LONGEST_REASON: Final = 300
_LONGEST_ECHO: Final = 2_000
"""Characters of a wrong answer that the model is shown again."""
_LIMITS: Final = (
    *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
    *("enum", "additionalProperties"),
)


class RefusedError(ValueError):
    """What a model said cannot be used. The words are the reason, for the model to read."""


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What is asked, and how an answer is read.

    `read(value, last)` returns what is made of the answer's JSON or raises `RefusedError`; `last` says that there is no
    other try, so that what is good of an answer should be taken. The schema holds models that can be held to one; of
    others only the types are sure, so that `read` checks all the rest.
    """

    name: str
    system: str
    user: str
    schema: Mapping[str, Any]
    read: Callable[[Any, bool], T]
    max_tokens: int
    temperature: float = 0.8


BLANK: Final = "…"
"""In examples, where a copy would be worse than nothing: it says nothing, so that it is refused."""


@dataclass(slots=True)
class Steps:
    """The steps of one conversation."""

    client: Client
    prompts: Prompts
    conversation: str
    """Its sample_id."""
    seed: int
    bound: int
    """Requests that may be made in all."""
    record: dict[str, dict[str, Any]] = field(default_factory=dict)
    """How often each step was asked, why again, and whether it came to anything."""
    asked: int = 0

    @property
    def model(self) -> str:
        """Who is asked, as `provider/model`."""
        return f"{self.client.provider.name}/{self.client.provider.model}"

    def pick(self, name: str) -> random.Random:
        """Return the randomness of one purpose."""
        return random.Random(f"{self.seed}/{self.conversation}/{name}")  # noqa: S311  (nothing secret)

    def one_of(self, template: str, step: str, /, **values: object) -> str:
        """Return a line of a template of examples, another one for each step."""
        return self.pick(f"{step}/{template}").choice(self.prompts.fill(template, **values).splitlines())

    async def ask(self, step: Step[T], *, asks: int = ASKS) -> T | None:
        """Return what a step comes to; None if no answer could be used.

        IncompleteError if a call failed temporarily, ProviderError if the bound is reached, which must not happen.
        """
        capabilities = self.client.provider.capabilities
        user = step.user if capabilities.json_schema else step.user + instruction(step.schema)
        first = (Message("system", step.system), Message("user", user))
        messages: tuple[Message, ...] = first
        reasons: list[str] = []
        note = self.record[step.name] = {"asked": 0, "used": False}
        for attempt in range(1, asks + 1):
            note["asked"] = attempt
            text, complaint = await self._answer(step, messages, attempt)
            if complaint is None:
                try:
                    result = step.read(json.loads(text), attempt == asks)
                except RefusedError as error:
                    complaint = str(error)
                else:
                    note["used"] = True
                    return result
            reasons.append(complaint[:_LONGEST_REASON])
            note["refused"] = reasons
            if text:
                again = self.prompts.fill("again", reason=reasons[-1])
                messages = (*first, Message("assistant", text[:_LONGEST_ECHO]), Message("user", again))
        return None

    async def _answer(self, step: Step[T], messages: tuple[Message, ...], attempt: int) -> tuple[str, str | None]:
        """Return the answer's text, and what is wrong with its shape."""
        if self.asked >= self.bound:
            raise ProviderError(f"{self.conversation}, {step.name}: {self.bound} requests are all that it may take")
        self.asked += 1
        provider = self.client.provider
        held = provider.capabilities.json_schema
        name = f"{self.conversation}/{step.name}/{attempt}"
        outcome = await self.client.ask(
            Request(
                **addressed(provider),
                messages=messages,
                max_tokens=step.max_tokens,
                temperature=step.temperature,
                seed=_number(f"{self.seed}/{name}") if provider.capabilities.seed else None,
                schema=step.schema if held else None,
                step=f"{self.seed}/{name}",
            )
        )
        if outcome.response is None:
            if outcome.transient:
                where = f"{self.conversation}, {step.name}"
                raise IncompleteError(f"{where}: {outcome.error}; all answers are kept: run again for the rest")
            return "", str(outcome.error)
        if held:
            return outcome.response.text, None
        try:
            return json.dumps(read(outcome.response, _types(step.schema))), None
        except ValueError as error:
            return outcome.response.text, str(error)


async def together(*works: Coroutine[Any, Any, T]) -> list[T]:
    """Do works at once and return what each comes to; the first error of one is raised when all have ended."""
    results = await asyncio.gather(*works, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


def _types(schema: Any) -> Any:
    """Return a schema with nothing in it but which types there are where."""
    if isinstance(schema, list):
        return [_types(value) for value in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "properties" in schema:
        inner = {name: _types(value) for name, value in schema["properties"].items()}
        return {"type": "object", "properties": inner, "required": list(schema.get("required", ()))}
    return {name: _types(value) for name, value in schema.items() if name not in _LIMITS}


def _number(name: str) -> int:
    """Return a seed of 31 bits, which all services take."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) >> 1


def example(**parts: Any) -> str:
    """Return an answer as prompts show one: a small model needs to see the form, and copies what it sees."""
    return json.dumps(parts, ensure_ascii=False)


def answer_schema(**properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has exactly these properties."""
    return {
        "type": "object",
        "properties": {name: dict(value) for name, value in properties.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def text_of(characters: int, *, least: int = 1) -> dict[str, Any]:
    """Return the schema of a text of bounded length."""
    return {"type": "string", "minLength": least, "maxLength": characters}


def some_of(values: list[str], *, most: int) -> dict[str, Any]:
    """Return the schema of a list of some of these values."""
    return {"type": "array", "minItems": 1, "maxItems": most, "items": {"type": "string", "enum": values}}
