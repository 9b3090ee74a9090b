"""Anthropic's messages, and servers that speak them: services by name, or one by `ANTHROPIC_BASE_URL`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from locomo.llm.batch import BatchService
from locomo.llm.catalog import Facts, Parameter
from locomo.llm.images import image_base64
from locomo.llm.provider import AnswerError, Needs, TransientError
from locomo.llm.providers.adapting import Adaptation, again
from locomo.llm.providers.anthropic_tools import tool_calls_in, tool_fields, turns_with_tools
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.headers import anthropic_limits, newer
from locomo.llm.providers.listing import listed
from locomo.llm.providers.messages import split_system
from locomo.llm.providers.reading import OnlyThoughtError, with_answer
from locomo.llm.providers.remote import CHECK_TIMEOUT, CONCURRENCY, MOST_LISTED, Named, Service
from locomo.llm.providers.schemas import for_anthropic
from locomo.llm.providers.sdk import async_client
from locomo.llm.providers.trouble import ParameterError
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Limits, Message, Request, Response

NEEDS = Needs(package="anthropic", install="anthropic", key="ANTHROPIC_API_KEY")
SENDS_IMAGES = True
WINDOW = 200_000
"""Tokens: no model of theirs has had less since 2024."""
FEWEST_THINKING = 1_024
FINISH_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
SHORTEST_CACHED = 1024
"""Tokens: a shorter beginning is cached by none of their models (some want up to four times as many)."""


def open_model(model: str, facts: Facts, named: Named | None = None) -> AnthropicModel:
    """Open a model; ProviderError if there is no usable key or address."""
    service = Service.find("anthropic", model, key="ANTHROPIC_API_KEY", example="http://localhost:8000", named=named)
    return AnthropicModel(model, facts, service)


class AnthropicModel:
    """One model behind Anthropic's API."""

    library = "anthropic"

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.name = service.name
        self.model = model
        self.revision = service.entry.revision
        self.service = service.kept
        self.effort, self.thinking_tokens = facts.effort, facts.thinking_tokens
        self.concurrency = service.entry.concurrency or CONCURRENCY
        self.limits: Limits | None = service.limits
        self.capabilities = facts.capabilities(Capabilities(context_window=WINDOW, seed=False, tools=True))
        self._service = service
        self._adaptation = Adaptation(service.model, facts)
        self._connection = Connection(service, lambda key: async_client("anthropic", service, key, self._note_limits))

    @property
    def _client(self) -> Any:
        return self._connection.client()

    async def _note_limits(self, response: Any) -> None:
        self.limits = self._service.within(newer(self.limits, anthropic_limits(response.headers)))

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer one request; what the server refuses of it is left out, and what it thinks in gets room."""
        import anthropic
        from anthropic.types import Message

        while True:
            body, had_room = self.body(request), self._adaptation.thinks(request)
            try:
                with self._service.sdk_errors(anthropic):
                    # Not by `messages.create`, which has no argument for a temperature: current models refuse it.
                    answer = await self._client.post("/v1/messages", body=body, cast_to=Message)
                return self.read(answer, request)
            except ParameterError as error:
                self._adaptation.leave_out(error, self.parameters(body))
            except OnlyThoughtError as error:
                self.capabilities = self._adaptation.learn_to_think(
                    error, request, had_room=had_room, capabilities=self.capabilities
                )
                raise again(error) from None

    def body(self, request: Request) -> dict[str, Any]:
        """Return a request as it goes over the wire; SchemaError if its schema cannot."""
        adapted = self._adaptation
        system, turns = split_system(request.messages)
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": adapted.max_tokens(request),
            "messages": turns_with_tools(turns, _content),
        }
        body |= tool_fields(request)
        if turns and request.shared_prefix:
            body["messages"][-1]["content"] = _content(turns[-1], request.shared_prefix)
        if system:
            body["system"] = system
        # The server refuses sequences of white space alone: at those, the answer is cut here.
        if stop := [sequence for sequence in adapted.stop(request) if sequence.strip()]:
            body["stop_sequences"] = stop
        if request.thinking_tokens is not None:
            body["thinking"] = thinking = _thinking(request.thinking_tokens)
            body["max_tokens"] = max(body["max_tokens"], request.max_tokens + thinking.get("budget_tokens", 0))
        # A model that is told to think refuses a temperature.
        if self.capabilities.sampling and not request.thinking_tokens and "temperature" not in adapted.left_out:
            # Without `top_p`: their current models take one of the two.
            body["temperature"] = request.temperature
        output = dict(for_anthropic(request.schema)) if request.schema is not None else {}
        if request.effort is not None:
            output["effort"] = request.effort
        if output:
            body["output_config"] = output
        return body

    @staticmethod
    def parameters(body: Mapping[str, Any]) -> list[Parameter]:
        """Return what a body says besides its messages that can be left out."""
        known: dict[str, Parameter] = {"temperature": "temperature", "stop_sequences": "stop"}
        return [parameter for name, parameter in known.items() if name in body]

    def read(self, answer: Any, request: Request) -> Response:
        """Read a message; AnswerError if it was filtered or is empty, ProviderError if it is something else.

        An error that stands in place of a message is what it says.
        """
        from anthropic.types import Message

        service = self._service
        if not isinstance(answer, Message):
            raise service.another("messages", answer, "without /v1")
        if (error := getattr(answer, "error", None)) is not None:
            raise service.inside(error)
        if answer.content is None or answer.usage is None:
            raise TransientError(f"{service.address}: an answer without content", accepted=True)
        usage = answer.usage
        cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        received = Response(
            text="",
            model=answer.model,
            input_tokens=usage.input_tokens + cached + written,
            output_tokens=usage.output_tokens,
            cached_tokens=cached,
            cache_write_tokens=written,
            finish_reason=FINISH_REASONS.get(answer.stop_reason or "", answer.stop_reason),
        )
        if answer.stop_reason == "refusal":
            raise AnswerError("the answer was cut short by the provider's content filter", billed=(received,))
        if calls := tool_calls_in(answer.content):
            text = "".join(block.text for block in answer.content if block.type == "text")
            return replace(received, text=text, tool_calls=calls)
        return with_answer(received, answer.content, stop=request.stop)

    async def check(self) -> frozenset[str] | None:
        """See `locomo.llm.checking`."""
        return await listed(
            self._service, lambda: self._client.models.list(limit=MOST_LISTED, timeout=CHECK_TIMEOUT), "anthropic"
        )

    def batch_service(self) -> BatchService:
        """Return its batches, which cost half."""
        from locomo.llm.providers.anthropic_batch import AnthropicBatches

        return AnthropicBatches(self, self._service)

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for client in self._connection.take():
            await client.close()


def _thinking(tokens: int) -> dict[str, Any]:
    """Return how a model is told to think in so many tokens; their service takes no fewer than 1,024, or none."""
    if not tokens:
        return {"type": "disabled"}
    return {"type": "enabled", "budget_tokens": max(FEWEST_THINKING, tokens)}


def _content(message: Message, shared: int = 0) -> str | list[dict[str, Any]]:
    text = _cached(message.content, shared) if shared else message.content
    if not message.images:
        return text
    blocks: list[dict[str, Any]] = []
    for image in message.images:
        media_type, data = image_base64(image)
        blocks.append({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}})
    return [*blocks, *(text if isinstance(text, list) else [{"type": "text", "text": text}])]


def _cached(text: str, shared: int) -> str | list[dict[str, Any]]:
    """Return a message with its first `shared` characters marked for the cache, if they are enough for it."""
    if estimate_tokens(text[:shared]) < SHORTEST_CACHED:
        return text
    if not text[shared:].strip():  # a block of white space alone is refused
        shared = len(text)
    marked = {"type": "text", "text": text[:shared], "cache_control": {"type": "ephemeral"}}
    return [marked, {"type": "text", "text": text[shared:]}] if text[shared:] else [marked]
