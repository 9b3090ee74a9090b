"""What is sent to a model and what comes back, the same for every provider."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from locomo.files import canonical_json

KEY_VERSION = "1"
"""Part of every cache key: raised only if the meaning of a stored entry changes."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that is shown to a model. Keys and stored entries hold what stands for it, never its bytes."""

    sha256: str
    """Of its file."""
    media_type: str
    side: int | None = None
    """Pixels of its longer side, to which it is made smaller before it is sent; None: as it is."""
    path: Path | None = field(default=None, compare=False, repr=False)
    """Where its file is; None in what is read back from a stored entry."""

    def fields(self) -> dict[str, Any]:
        """Return what stands for it, as JSON values."""
        side = {} if self.side is None else {"side": self.side}
        return {"sha256": self.sha256, "media_type": self.media_type} | side


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that a model wants to be called."""

    id: str
    """By which its result is told apart from those of other calls."""
    name: str
    arguments: str
    """JSON of an object, as the model wrote it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    images: tuple[Image, ...] | None = None
    """Pictures that come before the text; None for none."""
    tool_calls: tuple[ToolCall, ...] | None = None
    """Functions that the assistant wanted to be called with this message."""
    tool_call_id: str | None = None
    """Of a message of role 'tool', the call whose result it is."""

    def fields(self) -> dict[str, Any]:
        """Return it as JSON values, without what it does not have, so that keys are as old as they are."""
        values: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.images:
            values["images"] = [image.fields() for image in self.images]
        if self.tool_calls:
            values["tool_calls"] = [asdict(call) for call in self.tool_calls]
        if self.tool_call_id is not None:
            values["tool_call_id"] = self.tool_call_id
        return values


_HINTS: Final = ("shared_prefix", "reader")
"""Fields of a request that no answer depends on."""


@dataclass(frozen=True)
class Request:
    """All that determines an answer, and hints that do not. None means "not sent"."""

    provider: str
    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float = 0.0
    stop: tuple[str, ...] | None = None
    seed: int | None = None
    revision: str | None = None
    """What pins the model: the hash of its file, a dated snapshot."""
    repeat: int | None = None
    """Index of a deliberate repetition of the same request; None for the first."""
    kind: Literal["embedding"] | None = None
    """None for a chat. The answer to an embedding is the vector of its one message."""
    dimensions: int | None = None
    """To which length an embedding is shortened; None for the model's own."""
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer has to satisfy: its text is then JSON."""
    service: str | None = None
    """The address that answers, without credentials, where it is not the provider's own. Not sent."""
    effort: str | None = None
    """How much a model thinks, in the provider's words; None for its default."""
    thinking_tokens: int | None = None
    """Tokens that a model may think in besides `max_tokens`, where the user says so; None for what is usual."""
    top_p: float | None = None
    """Share of the likeliest tokens that are sampled from; None for all."""
    tools: tuple[Mapping[str, Any], ...] | None = None
    """Functions that the model may call: `name`, and maybe `description`, `parameters` (JSON schema) and `strict`."""
    tool_choice: str | None = None
    """'none', 'auto' (as if not set), 'required', or 'tool:' and the name of the one that has to be called."""
    parallel_tools: bool | None = None
    """Whether several may be called at once; None for the provider's default."""
    step: str | None = None
    """The step of a longer work that asks: equal prompts of different steps are different requests. Not sent."""
    shared_prefix: int = field(default=0, compare=False)
    """Characters of the last message that other requests of the run begin with too, for providers that are told where
    a prompt may be cached. A hint: no part of the key."""
    reader: Callable[[str], Any] | None = field(default=None, compare=False, repr=False)
    """Makes of an answer's text a value for its `schema`, where more than JSON by the letter can be understood; raises
    ValueError with a complaint, with which it is asked again. No part of the key."""

    def fields(self) -> dict[str, Any]:
        """Return the request as JSON values without what is not set, so that a new optional field keeps old keys."""
        # Not by `asdict`, which copies all that is inside and takes longer than the rest of a call does here.
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in _HINTS}
        values["messages"] = [message.fields() for message in self.messages]
        return {name: value for name, value in values.items() if value is not None}

    @property
    def image_count(self) -> int:
        """How many pictures are shown with it."""
        return sum(len(message.images or ()) for message in self.messages)

    @cached_property
    def key(self) -> str:
        """The key of this request in the cache: a version tag and the SHA-256 of its canonical JSON."""
        return f"{KEY_VERSION}-{hashlib.sha256(canonical_json(self.fields()).encode()).hexdigest()}"


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
    cache_write_tokens: int = 0
    """Those of `input_tokens` that the provider bills as written to its cache, which some charge extra for."""
    finish_reason: str | None = None
    """'stop' where the answer ended by itself, 'length' where it was cut; other reasons in the provider's words."""
    reused_tokens: int = 0
    """Those of `input_tokens` that a local model had evaluated before, for an earlier prompt that begins alike."""
    tool_calls: tuple[ToolCall, ...] | None = None
    """Functions that the model wants to be called; its text may then be empty."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be sent within any minute; None where there is no limit, or none is known."""

    requests: float | None = None
    tokens: float | None = None
    """Of prompts and answers together."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model can do."""

    context_window: int
    """Tokens of prompt and answer together."""
    max_output: int | None = None
    """Tokens of the longest answer, where that is known."""
    stop: bool = True
    """Whether it takes stop sequences."""
    system: bool = True
    """Whether it has a system role; where not, the provider puts such messages before the first one of the user."""
    seed: bool = True
    """Whether it takes a seed."""
    sampling: bool = True
    """Whether it takes a temperature; models that think before they answer do not."""
    images: bool = False
    """Whether it sees images."""
    json_schema: bool = False
    """Whether its answers can be held to a JSON schema."""
    tools: bool = False
    """Whether it calls functions by itself; else it is asked for JSON that says which ones."""
    thinking_room: int = 0
    """Tokens that it gets to think in, besides those of the answer; 0 for one that does not think."""


@dataclass(slots=True)
class Tally:
    """What a run took: for people and logs, never for outputs, since it varies from run to run."""

    requests: int = 0
    hits: int = 0
    input_tokens: int = 0
    """Prompt tokens of the answers that were asked for (hits not counted)."""
    cached_tokens: int = 0
    """Those of them that providers billed as cached."""
    reused_tokens: int = 0
    """Those of them that local models did not have to evaluate again."""
    output_tokens: int = 0
    answered: int = 0
    """Requests that were sent and answered."""
    seconds: list[float] = field(default_factory=list)
    """How long each answered call took; of batches nothing is known."""
    retries: Counter[str] = field(default_factory=Counter)
    """Repeated attempts by cause."""
    errors: int = 0
    """Requests without an answer, for now or for good."""
    failures: Counter[str] = field(default_factory=Counter)
    """Permanent failures by reason, with those that the cache remembers."""
    rounds: list[tuple[int, int]] = field(default_factory=list)
    """Of each series of requests, how many there were and how many of them have failed permanently. Works that ask as
    their answers come are no series: they know themselves what they can do without."""
