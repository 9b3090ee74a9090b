"""What is sent to a model and what comes back, the same for every provider."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """All that determines an answer; its canonical JSON is the key of the request cache.

    `provider`, `model` and `revision` (a file's hash, a dated snapshot) are filled in by the provider, so that the
    same text asked of another model is another request. None means "not sent".
    """

    provider: str
    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    seed: int | None = None
    revision: str | None = None
    repeat: int | None = None
    """Index of a deliberate repetition of the same request, None for the first."""

    def fields(self) -> dict[str, Any]:
        """Return the request as JSON values, without what is not set."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, slots=True)
class Response:
    """A model's answer and what the provider says it took."""

    text: str
    model: str
    """The model that really answered, as the provider names it."""
    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    """Those of `input_tokens` that the provider bills as cached on its side."""
    finish_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do; None where it is not known."""

    context_window: int | None
    """Tokens of prompt and answer together."""
    system_role: bool = True


@dataclass(slots=True)
class Tally:
    """What a run of many requests took: for people and logs, never for outputs (it varies from run to run)."""

    asked: int = 0
    hits: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    evaluated_tokens: int = 0
    """Prompt tokens that a local model really evaluated, after prefix reuse."""
    errors: dict[str, int] = field(default_factory=dict)
