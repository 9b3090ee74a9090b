"""Gemini through `google-genai`, an optional package; another server by `GOOGLE_GEMINI_BASE_URL`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from locomo.llm.catalog import Facts
from locomo.llm.provider import Needs
from locomo.llm.providers import gemini
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.remote import CHECK_TIMEOUT, CONCURRENCY, TIMEOUT, Service
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Request, Response

NEEDS = Needs(package="google.genai", install="google-genai", key="GOOGLE_API_KEY")
SENDS_IMAGES = True


def open_model(model: str, facts: Facts) -> GenaiModel:
    """Open a model; ProviderError if there is no usable key or address."""
    service = Service.find(
        f"google-genai/{model}",
        key="GOOGLE_API_KEY",
        address="GOOGLE_GEMINI_BASE_URL",
        default=gemini.ADDRESS,
        example="http://localhost:8000",
    )
    return GenaiModel(model, facts, service)


class GenaiModel:
    """One Gemini model."""

    name = "google-genai"
    revision = None
    concurrency = CONCURRENCY
    limits = None

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.model = model
        self.capabilities = facts.capabilities(Capabilities(context_window=gemini.WINDOW))
        self._service = service
        self._connection = Connection(service, self._connect)

    @property
    def _client(self) -> Any:
        return self._connection.client()

    def _connect(self, key: str) -> Any:
        import httpx2
        from google import genai

        options: Any = {
            "base_url": self._service.address,
            "api_version": "v1beta",
            "timeout": int(TIMEOUT * 1000),
            # One of our own, since it would take aiohttp where that happens to be installed, which fails otherwise.
            "httpx_async_client": httpx2.AsyncClient(),
        }
        return genai.Client(api_key=key, vertexai=False, http_options=options)

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        system, turns = gemini.contents(request.messages, self.capabilities)
        config = gemini.config(request, self.capabilities)
        if system:
            config["system_instruction"] = system
        if request.schema is not None:
            config |= {"response_mime_type": "application/json", "response_json_schema": dict(request.schema)}
        if request.seed is not None:
            config["seed"] = request.seed
        with self._errors():
            answer = await self._client.aio.models.generate_content(model=self.model, contents=turns, config=config)
        return gemini.response(answer, self._service)

    async def check(self) -> bool:
        """See `locomo.llm.checking`."""
        options = {"timeout": int(CHECK_TIMEOUT * 1000)}
        with self._errors():
            await self._client.aio.models.list(config={"page_size": 1, "http_options": options})
        return True

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Translate what the library raises; the client is to be taken inside, since its key is noted here."""
        import httpx2
        from google.genai import errors

        key = self._service.key
        try:
            yield
        except errors.APIError as error:
            headers = getattr(error.response, "headers", {})
            raise gemini.refusal(error.code, error.details, headers, self._service, key) from None
        except httpx2.HTTPError as error:
            raise self._service.unreachable(str(error) or type(error).__name__) from None
        except (errors.UnknownApiResponseError, json.JSONDecodeError) as error:
            raise self._service.unreadable(error) from None

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for client in self._connection.take():
            await client.aio.aclose()
