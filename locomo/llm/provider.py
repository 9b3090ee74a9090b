"""What a provider of models has to offer, and how it reports trouble."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

from locomo.llm.types import Capabilities, Limits, Request, Response


class TransientError(Exception):
    """The call failed temporarily (rate limit, overload, dropped connection): the client tries again."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        rate_limited: bool = False,
        billed: tuple[Response, ...] = (),
        counted: str | None = None,
        unreached: bool = False,
        accepted: bool = False,
    ) -> None:
        super().__init__(message)
        self.counted = counted or message
        """What it is counted under: its message without the provider's words, which may differ from call to call."""
        self.unreached = unreached
        """Whether nothing that speaks the provider's API was reached: no connection, or a web page."""
        self.retry_after = retry_after
        """Seconds that the provider asks us to wait; None where it does not say."""
        self.rate_limited = rate_limited
        """Whether it was refused because too much is sent (HTTP 429)."""
        self.billed = billed
        """What was received, and is billed, although it cannot be used."""
        self.accepted = accepted
        """Whether the provider took the request on and may bill it, although nothing says for how many tokens."""


class AnswerError(Exception):
    """This one request has no usable answer (empty, refused) and asking again would not change that."""

    def __init__(self, message: str, *, billed: tuple[Response, ...] = ()) -> None:
        super().__init__(message)
        self.billed = billed
        """What was received, and is billed, although it cannot be used."""


class SchemaError(Exception):
    """This model cannot be held to this schema, which is valid: let it be told and its answer be validated.

    Raised before anything is sent.
    """


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be here before any model of a provider can be used."""

    package: str
    """As it is imported."""
    install: str
    """As it is installed."""
    key: str | None = None
    """The environment variable that holds the key."""


class Named(Protocol):
    """What requests name: one model of one provider."""

    name: str
    model: str
    revision: str | None


ALSO_NAMED: Final = ("service", "effort", "thinking_tokens")
"""What a provider may have of what requests name (see `Request`)."""


def addressed(provider: Named) -> dict[str, Any]:
    """Return the fields of a request that say which model it is for: everything that was fixed as it was opened.

    A provider may have `service`, `effort` and `thinking_tokens` (see `Request`); without them they are not set.
    """
    said = {name: getattr(provider, name, None) for name in ALSO_NAMED}
    return {"provider": provider.name, "model": provider.model, "revision": provider.revision} | said


class Provider(Protocol):
    """One model of one provider, ready to answer.

    Trouble is reported as `locomo.errors.ProviderError` where going on is no use (bad key, unknown model, prompt too
    long), as `TransientError` or as `AnswerError`. Retries, caching and accounting are the client's business.

    A provider may have `keeps_last_prompt = True`: it goes on from where a prompt begins like the last one. It is then
    sent requests in the order given; else the first of those that share a prefix goes ahead of the others.

    A request has a schema only where `capabilities.json_schema` is set; what then does not satisfy it is not the
    provider's trouble, and a schema that the model cannot be held to is a `SchemaError`.
    """

    name: str
    """The provider, such as 'gguf'."""
    model: str
    """The model's name behind the slash."""
    revision: str | None
    """What pins the model (see `Request.revision`)."""
    capabilities: Capabilities
    concurrency: int
    """Calls that it serves at once, at most."""
    limits: Limits | None
    """What the provider said last of its limits; None where it says nothing."""

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, or a little more where only an estimate is possible."""
        ...

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        ...

    async def close(self) -> None:
        """Give back what is held open."""
        ...
