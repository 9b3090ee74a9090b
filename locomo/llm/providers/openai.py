"""OpenAI and every server that speaks its chat completions: services by name, or one by `OPENAI_BASE_URL`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from locomo.llm.batch import BatchService
from locomo.llm.catalog import Facts, Parameter
from locomo.llm.images import image_base64
from locomo.llm.provider import AnswerError, Needs, TransientError
from locomo.llm.providers import vocabulary
from locomo.llm.providers.adapting import Adaptation, again
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.headers import newer, openai_limits
from locomo.llm.providers.listing import listed
from locomo.llm.providers.messages import merge_system
from locomo.llm.providers.openai_tools import message_with_tools, tool_calls_in, tool_fields
from locomo.llm.providers.reading import OnlyThoughtError, with_answer
from locomo.llm.providers.remote import CHECK_TIMEOUT, CONCURRENCY, DEFAULT_WINDOW, Named, Service
from locomo.llm.providers.schemas import for_openai
from locomo.llm.providers.sdk import async_client
from locomo.llm.providers.trouble import ParameterError
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Limits, Message, Request, Response

NEEDS = Needs(package="openai", install="openai", key="OPENAI_API_KEY")
SENDS_IMAGES = True
DETAIL = "low"
"""In which pictures are looked at: 512 pixels of each side. `high` is billed up to ten times as high."""


def find_service(model: str, named: Named | None = None) -> Service:
    """Find where a model is served; ProviderError if the key or the address cannot be used."""
    return Service.find("openai", model, key="OPENAI_API_KEY", example="http://localhost:8000/v1", named=named)


def open_model(model: str, facts: Facts, named: Named | None = None) -> OpenAIModel:
    """Open a model; ProviderError if the key or the address cannot be used."""
    return OpenAIModel(model, facts, find_service(model, named))


class OpenAIModel:
    """One model behind an OpenAI-compatible server."""

    library = "openai"

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.name = service.name
        self.model = model
        self.revision = service.entry.revision
        self.service = service.kept
        self.effort, self.thinking_tokens = facts.effort, facts.thinking_tokens
        self.concurrency = service.entry.concurrency or CONCURRENCY
        self.limits: Limits | None = service.limits
        self.capabilities = facts.capabilities(Capabilities(context_window=DEFAULT_WINDOW, tools=True))
        self._service = service
        self._adaptation = Adaptation(service.model, facts)
        self._connection = Connection(service, lambda key: async_client("openai", service, key, self._note_limits))
        self._is_openai = f".{service.at.host}".endswith(".api.openai.com")  # with its regions, as eu.api.openai.com

    @property
    def _client(self) -> Any:
        return self._connection.client()

    async def _note_limits(self, response: Any) -> None:
        self.limits = self._service.within(newer(self.limits, openai_limits(response.headers)))

    def count_tokens(self, text: str) -> int:
        """Return the exact number for OpenAI's own models, where their vocabulary can be had; else an estimate."""
        exact = vocabulary.count_tokens(text, self.model) if self._is_openai else None
        return estimate_tokens(text) if exact is None else exact

    async def complete(self, request: Request) -> Response:
        """Answer one request; what the server refuses of it is left out, and what it thinks in gets room."""
        import openai

        while True:
            body, had_room = self.body(request), self._adaptation.thinks(request)
            try:
                with self._service.sdk_errors(openai):
                    # Not by `chat.completions.create`, which spends a fifth of all time on looking the body over, and
                    # as it is: making objects of it takes another seventh.
                    answer = await self._client.post("/chat/completions", body=body, cast_to=object)
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
        messages = request.messages if self.capabilities.system else merge_system(request.messages)
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [message_with_tools(message, _content(message)) for message in messages],
        }
        body |= tool_fields(request)
        # Models that think refuse `max_tokens` and a temperature; older servers know no other name for the limit.
        names = ("max_tokens", "max_completion_tokens")
        usual, other = names if self.capabilities.sampling else names[::-1]
        body[other if usual in adapted.left_out else usual] = adapted.max_tokens(request)
        if self.capabilities.sampling and "temperature" not in adapted.left_out:
            body["temperature"] = request.temperature
        if request.top_p is not None and self.capabilities.sampling and "top_p" not in adapted.left_out:
            body["top_p"] = request.top_p
        if stop := adapted.stop(request):
            body["stop"] = stop
        if request.seed is not None and "seed" not in adapted.left_out:
            body["seed"] = request.seed
        if request.effort is not None:
            body["reasoning_effort"] = request.effort
        if request.schema is not None:
            body["response_format"] = for_openai(request.schema)
        # Not to servers that only speak like OpenAI's: some refuse a request for a field that they do not know.
        if request.shared_prefix and self._is_openai:
            shared = f"{self.model}\n{request.messages[-1].content[: request.shared_prefix]}"
            body["prompt_cache_key"] = hashlib.sha256(shared.encode()).hexdigest()[:16]
        return body

    @staticmethod
    def parameters(body: Mapping[str, Any]) -> list[Parameter]:
        """Return what a body says besides its messages."""
        known: tuple[Parameter, ...] = ("max_tokens", "max_completion_tokens", "stop", "seed", "temperature", "top_p")
        return [name for name in known if name in body]

    def read(self, answer: object, request: Request) -> Response:
        """Read a chat completion, whose JSON may hold anything; AnswerError if it was filtered or is empty.

        ProviderError if it is something else. An error that stands in a completion is what it says.
        """
        service = self._service
        if not isinstance(answer, dict):
            raise service.another("chat completions", answer, "most end in /v1")
        choices, usage = answer.get("choices"), _object(answer.get("usage"))
        choice = _object(choices[0]) if isinstance(choices, list) and choices else {}
        details = _object(usage.get("prompt_tokens_details"))
        received = Response(
            text="",
            model=answer.get("model") or self.model,
            input_tokens=usage.get("prompt_tokens") or 0,
            output_tokens=usage.get("completion_tokens") or 0,
            cached_tokens=details.get("cached_tokens") or 0,
            cache_write_tokens=details.get("cache_write_tokens") or 0,
            finish_reason=choice.get("finish_reason"),
        )
        billed = (received,) if usage else ()
        error = answer.get("error") or choice.get("error")
        if error is not None:
            raise service.inside(error, billed=billed)
        if not choice:
            raise TransientError(f"{service.address}: an answer without choices", billed=billed)
        message = _object(choice.get("message"))
        if received.finish_reason == "error":
            raise TransientError(f"{service.address}: the model's server failed in its answer", billed=billed)
        if received.finish_reason == "content_filter":
            raise AnswerError("the answer was cut short by the provider's content filter", billed=(received,))
        if message.get("refusal"):
            raise AnswerError("the model refused to answer", billed=(received,))
        if calls := tool_calls_in(message):
            return replace(received, text=message.get("content") or "", tool_calls=calls)
        spent = _object(usage.get("completion_tokens_details"))
        thoughts = message.get("reasoning_content") or message.get("reasoning") or spent.get("reasoning_tokens")
        stop = request.stop if len(self._adaptation.stop(request)) < len(request.stop or ()) else None
        return with_answer(received, message.get("content"), stop=stop, thoughts=thoughts)

    async def check(self) -> frozenset[str] | None:
        """See `locomo.llm.checking`."""
        return await listed(self._service, lambda: self._client.models.list(timeout=CHECK_TIMEOUT), "openai")

    def batch_service(self) -> BatchService:
        """Return its batches, which cost half."""
        from locomo.llm.providers.openai_batch import OpenAIBatches

        return OpenAIBatches(self, self._service)

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for client in self._connection.take():
            await client.close()


def _object(part: object) -> dict[str, Any]:
    """Return a part of an answer that is an object; an empty one for anything else."""
    return part if isinstance(part, dict) else {}


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    parts: list[dict[str, Any]] = []
    for image in message.images:
        media_type, data = image_base64(image)
        parts.append({"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}", "detail": DETAIL}})
    return [*parts, {"type": "text", "text": message.content}]
