"""Anthropic's messages, and servers that speak them by `ANTHROPIC_BASE_URL`."""

from __future__ import annotations

from typing import Any

from locomo.llm.batch import BatchService
from locomo.llm.catalog import Facts
from locomo.llm.images import image_base64
from locomo.llm.provider import AnswerError, Needs, TransientError
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.headers import anthropic_limits, newer
from locomo.llm.providers.listing import listed
from locomo.llm.providers.messages import checked_text, cut_at_stop, split_system
from locomo.llm.providers.remote import CHECK_TIMEOUT, CONCURRENCY, TIMEOUT, Service
from locomo.llm.providers.schemas import for_anthropic
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Limits, Message, Request, Response

NEEDS = Needs(package="anthropic", install="anthropic", key="ANTHROPIC_API_KEY")
SENDS_IMAGES = True
WINDOW = 200_000
"""Tokens: no model of theirs has had less since 2024."""
FINISH_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}
SHORTEST_CACHED = 1024
"""Tokens: a shorter beginning is cached by none of their models (some want up to four times as many)."""


def open_model(model: str, facts: Facts) -> AnthropicModel:
    """Open a model; ProviderError if there is no usable key or address."""
    service = Service.find(
        f"anthropic/{model}",
        key="ANTHROPIC_API_KEY",
        address="ANTHROPIC_BASE_URL",
        default="https://api.anthropic.com",
        example="http://localhost:8000",
    )
    return AnthropicModel(model, facts, service)


class AnthropicModel:
    """One model behind Anthropic's API."""

    name = "anthropic"
    revision = None
    concurrency = CONCURRENCY
    limits: Limits | None = None

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.model = model
        self.capabilities = facts.capabilities(Capabilities(context_window=WINDOW, seed=False))
        self._service = service
        self._connection = Connection(service, self._connect)

    @property
    def _client(self) -> Any:
        return self._connection.client()

    def _connect(self, key: str) -> Any:
        from anthropic import AsyncAnthropic, DefaultAioHttpClient

        return AsyncAnthropic(
            api_key=key,
            base_url=self._service.address,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=DefaultAioHttpClient(event_hooks={"response": [self._note_limits]}),
        )

    async def _note_limits(self, response: Any) -> None:
        self.limits = newer(self.limits, anthropic_limits(response.headers))

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        import anthropic
        from anthropic.types import Message

        body = self.body(request)
        with self._service.sdk_errors(anthropic):
            # Not by `messages.create`, which has no argument for a temperature, since their current models refuse it.
            answer = await self._client.post("/v1/messages", body=body, cast_to=Message)
        return self.read(answer, request)

    def body(self, request: Request) -> dict[str, Any]:
        """Return a request as it goes over the wire; SchemaError if its schema cannot."""
        system, turns = split_system(request.messages)
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": request.max_tokens,
            "messages": [{"role": message.role, "content": _content(message)} for message in turns],
        }
        if turns and request.shared_prefix:
            body["messages"][-1]["content"] = _content(turns[-1], request.shared_prefix)
        if system:
            body["system"] = system
        # The server refuses sequences of white space alone: at those, the answer is cut here.
        if stop := [sequence for sequence in request.stop or () if sequence.strip()]:
            body["stop_sequences"] = stop
        if self.capabilities.sampling:
            body["temperature"] = request.temperature
        if request.schema is not None:
            body["output_config"] = for_anthropic(request.schema)
        return body

    def read(self, answer: Any, request: Request) -> Response:
        """Read a message; AnswerError if it was filtered or is empty, ProviderError if it is something else."""
        from anthropic.types import Message

        if not isinstance(answer, Message):
            raise self._service.refused(
                f"{self._service.address} does not answer with messages; check ANTHROPIC_BASE_URL (without /v1)"
            )
        if answer.content is None or answer.usage is None:
            raise TransientError(f"{self._service.address}: an answer without content")
        if answer.stop_reason == "refusal":
            raise AnswerError("the answer was cut short by the provider's content filter")
        finish_reason = FINISH_REASONS.get(answer.stop_reason or "", answer.stop_reason)
        text = "".join(block.text for block in answer.content if block.type == "text")
        usage = answer.usage
        cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        return Response(
            text=checked_text(cut_at_stop(text, request.stop), finish_reason),
            model=answer.model,
            input_tokens=usage.input_tokens + cached + written,
            output_tokens=usage.output_tokens,
            cached_tokens=cached,
            cache_write_tokens=written,
            finish_reason=finish_reason,
        )

    async def check(self) -> bool:
        """See `locomo.llm.checking`."""
        return await listed(
            self._service, lambda: self._client.models.list(limit=1, timeout=CHECK_TIMEOUT), "anthropic"
        )

    def batch_service(self) -> BatchService:
        """Return its batches, which cost half."""
        from locomo.llm.providers.anthropic_batch import AnthropicBatches

        return AnthropicBatches(self, self._service)

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for client in self._connection.take():
            await client.close()


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
