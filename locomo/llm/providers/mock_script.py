"""Answers by rules, from a YAML file: for tests, and for trying out how a run behaves when a provider does not.

```yaml
- match: 'When did (\\w+) go'      # a regular expression, sought in the last message; without it, every message matches
  answer: '\\1 went on 7 May 2023' # groups of the match may be used
- match: bees
  answer: Ruth keeps bees.
  delay: 0.5                      # seconds that each call takes
  fault: rate_limit               # what goes wrong before the answer ...
  times: 2                        # ... and how often, for each request; without it, always
  input_tokens: 900               # if not the number of words
```

The first rule that matches counts.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from locomo.errors import InputError, ProviderError
from locomo.files import parse_yaml, read_text, sha256
from locomo.llm.provider import AnswerError, TransientError
from locomo.llm.types import Request, Response

Fault = Literal["rate_limit", "overloaded", "timeout", "refused", "empty", "bad_key"]
Tokens = Annotated[int, Field(ge=0)]


class Rule(BaseModel):
    """What to do with the messages that it matches."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    match: str | None = None
    answer: str | None = None
    delay: Annotated[float, Field(ge=0, strict=False)] = 0.0
    fault: Fault | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    input_tokens: Tokens | None = None
    output_tokens: Tokens | None = None

    @field_validator("match")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _answers(self) -> Self:
        if self.answer is None and (self.fault is None or self.times is not None):
            raise ValueError("expected an answer (only a fault without `times` needs none)")
        if self.times is not None and self.fault is None:
            raise ValueError("`times` says how often a fault happens: expected a fault")
        try:  # a match of nothing, to see whether the answer asks for groups that there are
            re.sub(f"{self.match or ''}|", self.answer or "", "")
        except (re.error, IndexError) as error:
            raise ValueError(f"the answer cannot be filled in: {error}") from None
        return self

    def text(self, message: str) -> str | None:
        """Return the answer to a message that this rule matches, else None."""
        found = re.search(self.match or "", message)
        return found and found.expand(self.answer or "")


RULES: Final = TypeAdapter(list[Rule])


class Script:
    """Answers by the rules of one file; InputError names what is wrong in it."""

    def __init__(self, model: str, path: Path) -> None:
        self._model = model
        self._path = path
        self._rules = _parse(read_text(path), str(path))
        self.revision = sha256(path)
        """The file determines the answers, so its hash pins them."""
        self._faults: Counter[str] = Counter()

    async def answer(self, request: Request) -> Response:
        """Answer by the first rule that matches, after its faults; AnswerError if none does."""
        message = request.messages[-1].content if request.messages else ""
        for rule in self._rules:
            if (text := rule.text(message)) is not None:
                await asyncio.sleep(rule.delay)
                words = sum(len(each.content.split()) for each in request.messages)
                received = Response(
                    text=text,
                    model=self._model,
                    input_tokens=words if rule.input_tokens is None else rule.input_tokens,
                    output_tokens=len(text.split()) if rule.output_tokens is None else rule.output_tokens,
                    finish_reason="stop",
                )
                self._fail(rule, request, received)
                return received
        raise AnswerError(f"{self._path}: no rule matches '{' '.join(message.split())[-60:]}'")

    def _fail(self, rule: Rule, request: Request, received: Response) -> None:
        if rule.fault is None or (rule.times is not None and self._faults[request.key] >= rule.times):
            return
        self._faults[request.key] += 1
        raise self._trouble(rule.fault, replace(received, text=""))

    def _trouble(self, fault: Fault, received: Response) -> Exception:
        """Return what providers behind HTTP raise, in their words."""
        match fault:
            case "rate_limit":
                return TransientError("HTTP 429", rate_limited=True)
            case "overloaded":
                return TransientError("HTTP 529")
            case "timeout":
                return TransientError(f"{self._path}: Request timed out.")
            case "refused":
                return AnswerError("the question was refused by the provider's content filter", billed=(received,))
            case "empty":
                return AnswerError("the model gave an empty answer", billed=(received,))
            case "bad_key":
                return ProviderError(f"model 'mock/{self._model}': the key was refused (401); a rule says so")


def _parse(text: str, where: str) -> list[Rule]:
    try:
        rules = RULES.validate_python(parse_yaml(text, where))
    except ValidationError as error:
        first = error.errors()[0]
        number, *fields = first["loc"] or ("",)
        place = " → ".join([f"rule {number + 1}" if isinstance(number, int) else "", *map(str, fields)]).strip(" →")
        raise InputError(f"{where}: {place}: found {first['input']!r}; {first['msg']}") from None
    if not rules:
        raise InputError(f"{where}: no rules; expected at least one")
    return rules
