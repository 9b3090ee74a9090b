"""Gemini through `google-genai`, an optional package; services by name, or another server by its variable.

That is `GOOGLE_GEMINI_BASE_URL`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from locomo.llm.catalog import Facts
from locomo.llm.provider import Needs
from locomo.llm.providers import gemini
from locomo.llm.providers.adapting import Adaptation, again
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.reading import OnlyThoughtError
from locomo.llm.providers.remote import (
    CHECK_TIMEOUT,
    CONCURRENCY,
    CONNECT_TIMEOUT,
    MOST_LISTED,
    NO_KEY,
    TIMEOUT,
    Named,
    Service,
)
from locomo.llm.providers.trouble import ParameterError
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Limits, Request, Response

NEEDS = Needs(package="google.genai", install="google-genai", key="GOOGLE_API_KEY")
SENDS_IMAGES = True


def open_model(model: str, facts: Facts, named: Named | None = None) -> GenaiModel:
    """Open a model; ProviderError if there is no usable key or address."""
    service = Service.find("google-genai", model, key="GOOGLE_API_KEY", example="http://localhost:8000", named=named)
    service.without_query()
    return GenaiModel(model, facts, service)


class GenaiModel:
    """One Gemini model."""

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.name = service.name
        self.model = model
        self.revision = service.entry.revision
        self.service = service.kept
        self.effort, self.thinking_tokens = facts.effort, facts.thinking_tokens
        self.concurrency = service.entry.concurrency or CONCURRENCY
        self.limits: Limits | None = service.limits
        self.capabilities = facts.capabilities(Capabilities(context_window=gemini.WINDOW))
        self._service = service
        self._adaptation = Adaptation(service.model, facts)
        self._connection = Connection(service, self._connect)

    @property
    def _client(self) -> Any:
        return self._connection.client()

    def _connect(self, key: str) -> Any:
        import httpx2
        from google import genai

        options: Any = {
            "base_url": self._service.at.called,
            "headers": self._service.headers,
            "api_version": "v1beta",
            "timeout": int(TIMEOUT * 1000),
            # One of our own, since it would take aiohttp where that happens to be installed, which fails otherwise.
            "httpx_async_client": httpx2.AsyncClient(timeout=httpx2.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT)),
        }
        return genai.Client(api_key=key or NO_KEY, vertexai=False, http_options=options)

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer one request; what the server refuses of it is left out."""
        system, turns = gemini.contents(request.messages, self.capabilities)
        while True:
            had_room = self._adaptation.thinks(request)
            config = self._config(request)
            if system:
                config["system_instruction"] = system
            try:
                with self._errors():
                    answer = await self._client.aio.models.generate_content(
                        model=self.model, contents=turns, config=config
                    )
                return gemini.response(answer, self._service, request, self._adaptation)
            except ParameterError as error:
                self._adaptation.leave_out(error, gemini.parameters(config))
            except OnlyThoughtError as error:
                self.capabilities = self._adaptation.learn_to_think(
                    error, request, had_room=had_room, capabilities=self.capabilities
                )
                raise again(error) from None

    def _config(self, request: Request) -> dict[str, Any]:
        config = gemini.config(request, self.capabilities, self._adaptation)
        if request.schema is not None:
            config |= {"response_mime_type": "application/json", "response_json_schema": dict(request.schema)}
        if request.seed is not None and "seed" not in self._adaptation.left_out:
            config["seed"] = request.seed
        thinking: dict[str, Any] = {}
        if request.thinking_tokens is not None:
            thinking["thinking_budget"] = request.thinking_tokens
        if request.effort is not None:
            thinking["thinking_level"] = request.effort.upper()
        return config | ({"thinking_config": thinking} if thinking else {})

    async def check(self) -> frozenset[str] | None:
        """See `locomo.llm.checking`."""
        options = {"timeout": int(CHECK_TIMEOUT * 1000)}
        with self._errors():
            page = await self._client.aio.models.list(config={"page_size": MOST_LISTED, "http_options": options})
        return frozenset((each.name or "").removeprefix(gemini.MODELS) for each in page.page)

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
            raise self._service.unreachable(error) from None
        except errors.UnknownApiResponseError as error:  # which repeats what it could not read
            raise self._service.unreadable("it is no JSON", str(error)) from None
        except json.JSONDecodeError as error:
            raise self._service.unreadable(error) from None

    async def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        for client in self._connection.take():
            await client.aio.aclose()
