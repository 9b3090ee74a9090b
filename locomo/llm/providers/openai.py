"""OpenAI and every server that speaks its chat completions (vLLM, Ollama, llama-server) by `OPENAI_BASE_URL`."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit

from locomo.llm.batch import BatchService
from locomo.llm.catalog import Facts
from locomo.llm.images import image_base64
from locomo.llm.provider import AnswerError, Needs, TransientError
from locomo.llm.providers import vocabulary
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.headers import newer, openai_limits
from locomo.llm.providers.listing import listed
from locomo.llm.providers.messages import checked_text, merge_system
from locomo.llm.providers.remote import CHECK_TIMEOUT, CONCURRENCY, DEFAULT_WINDOW, TIMEOUT, Service
from locomo.llm.providers.schemas import for_openai
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Limits, Message, Request, Response

NEEDS = Needs(package="openai", install="openai", key="OPENAI_API_KEY")
SENDS_IMAGES = True
DETAIL = "low"
"""In which pictures are looked at: 512 pixels of each side. `high` is billed up to ten times as high."""


def find_service(model: str) -> Service:
    """Find where a model is served; ProviderError if the key or the address cannot be used."""
    return Service.find(
        f"openai/{model}",
        key="OPENAI_API_KEY",
        address="OPENAI_BASE_URL",
        default="https://api.openai.com/v1",
        example="http://localhost:8000/v1",
    )


def open_model(model: str, facts: Facts) -> OpenAIModel:
    """Open a model; ProviderError if the key or the address cannot be used."""
    return OpenAIModel(model, facts, find_service(model))


class OpenAIModel:
    """One model behind an OpenAI-compatible server."""

    name = "openai"
    revision = None
    concurrency = CONCURRENCY
    limits: Limits | None = None

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.model = model
        self.capabilities = facts.capabilities(Capabilities(context_window=DEFAULT_WINDOW))
        self._service = service
        self._connection = Connection(service, self._connect)
        host = urlsplit(service.address).hostname or ""
        self._is_openai = f".{host}".endswith(".api.openai.com")  # with its regions, such as eu.api.openai.com

    @property
    def _client(self) -> Any:
        return self._connection.client()

    def _connect(self, key: str) -> Any:
        from openai import AsyncOpenAI, DefaultAioHttpClient

        return AsyncOpenAI(
            api_key=key,
            base_url=self._service.address,
            max_retries=0,
            timeout=TIMEOUT,
            http_client=DefaultAioHttpClient(event_hooks={"response": [self._note_limits]}),
        )

    async def _note_limits(self, response: Any) -> None:
        self.limits = newer(self.limits, openai_limits(response.headers))

    def count_tokens(self, text: str) -> int:
        """Return the exact number for OpenAI's own models, where their vocabulary can be had; else an estimate."""
        exact = vocabulary.count_tokens(text, self.model) if self._is_openai else None
        return estimate_tokens(text) if exact is None else exact

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        import openai
        from openai.types.chat import ChatCompletion

        body = self.body(request)
        with self._service.sdk_errors(openai):
            # Not by `chat.completions.create`, which spends a fifth of all time on looking the body over.
            answer = await self._client.post("/chat/completions", body=body, cast_to=ChatCompletion)
        return self.read(answer)

    def body(self, request: Request) -> dict[str, Any]:
        """Return a request as it goes over the wire; SchemaError if its schema cannot."""
        messages = request.messages if self.capabilities.system else merge_system(request.messages)
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": message.role, "content": _content(message)} for message in messages],
        }
        if self.capabilities.sampling:
            body |= {"max_tokens": request.max_tokens, "temperature": request.temperature}
        else:  # models that think refuse both; older servers know no other name for the limit
            body["max_completion_tokens"] = request.max_tokens
        if request.stop:
            body["stop"] = list(request.stop)
        if request.seed is not None:
            body["seed"] = request.seed
        if request.schema is not None:
            body["response_format"] = for_openai(request.schema)
        # Not to servers that only speak like OpenAI's: some refuse a request for a field that they do not know.
        if request.shared_prefix and self._is_openai:
            shared = f"{self.model}\n{request.messages[-1].content[: request.shared_prefix]}"
            body["prompt_cache_key"] = hashlib.sha256(shared.encode()).hexdigest()[:16]
        return body

    def read(self, answer: Any) -> Response:
        """Read a chat completion; AnswerError if it was filtered or is empty, ProviderError if it is something else."""
        from openai.types.chat import ChatCompletion

        if not isinstance(answer, ChatCompletion):
            raise self._service.refused(
                f"{self._service.address} does not answer with chat completions; "
                "check OPENAI_BASE_URL (most end in /v1)"
            )
        if not answer.choices or not isinstance(answer.choices, list):
            raise TransientError(f"{self._service.address}: an answer without choices")
        choice, usage = answer.choices[0], answer.usage
        if choice.finish_reason == "content_filter":
            raise AnswerError("the answer was cut short by the provider's content filter")
        if choice.message and choice.message.refusal:
            raise AnswerError("the model refused to answer")
        details = usage.prompt_tokens_details if usage else None
        return Response(
            text=checked_text(choice.message.content if choice.message else None, choice.finish_reason),
            model=answer.model,
            input_tokens=usage.prompt_tokens if usage else 0,
            output_tokens=usage.completion_tokens if usage else 0,
            cached_tokens=(details.cached_tokens or 0) if details else 0,
            cache_write_tokens=(details.cache_write_tokens or 0) if details else 0,
            finish_reason=choice.finish_reason,
        )

    async def check(self) -> bool:
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


def _content(message: Message) -> str | list[dict[str, Any]]:
    if not message.images:
        return message.content
    parts: list[dict[str, Any]] = []
    for image in message.images:
        media_type, data = image_base64(image)
        parts.append({"type": "image_url", "image_url": {"url": f"data:{media_type};base64,{data}", "detail": DETAIL}})
    return [*parts, {"type": "text", "text": message.content}]
