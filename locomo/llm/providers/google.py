"""Gemini through `google-generativeai`, over REST; another server by `GOOGLE_API_ENDPOINT`.

The makers of this library have ended its support: `google-genai/...` is the same through its successor.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from locomo.llm.catalog import Facts
from locomo.llm.provider import Needs
from locomo.llm.providers import gemini
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.remote import CHECK_TIMEOUT, TIMEOUT, Service
from locomo.llm.providers.schemas import for_gemini
from locomo.llm.providers.threads import in_daemon_thread
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Request, Response

NEEDS = Needs(package="google.generativeai", install="google-generativeai", key="GOOGLE_API_KEY")
SENDS_IMAGES = True

THREADS = 32
"""Calls in flight, at most: each has a thread of its own."""


def open_model(model: str, facts: Facts) -> GoogleModel:
    """Open a model; ProviderError if there is no usable key or address."""
    service = Service.find(
        f"google/{model}",
        key="GOOGLE_API_KEY",
        address="GOOGLE_API_ENDPOINT",
        default=gemini.ADDRESS,
        example="http://localhost:8000",
    )
    return GoogleModel(model, facts, service)


class GoogleModel:
    """One Gemini model. The library cannot await over REST: every call has a thread."""

    name = "google"
    revision = None
    concurrency = THREADS
    limits = None

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.model = model
        self.capabilities = facts.capabilities(Capabilities(context_window=gemini.WINDOW, seed=False))
        self._service = service
        self._connection = Connection(service, self._connect)

    @property
    def _library(self) -> Any:
        return self._connection.client()

    def _connect(self, key: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that its support has ended is said above, and not on every run
            library: Any = importlib.import_module("google.generativeai")
        library.configure(
            api_key=key,
            transport="rest",
            client_options={"api_endpoint": self._service.address},
        )
        return library

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer one request."""
        system, turns = gemini.contents(request.messages, self.capabilities)
        key = self._service.key
        model = self._library.GenerativeModel(self.model, system_instruction=system or None)
        return await in_daemon_thread(lambda: self._call(model, turns, request, key))

    async def check(self) -> bool:
        """See `locomo.llm.checking`."""
        key, library = self._service.key, self._library
        options = {"retry": None, "timeout": CHECK_TIMEOUT}

        def first() -> None:
            with self._errors(key):
                next(iter(library.list_models(page_size=1, request_options=options)), None)

        await in_daemon_thread(first)
        return True

    def _call(self, model: Any, turns: list[dict[str, Any]], request: Request, key: str) -> Response:
        config = gemini.config(request, self.capabilities)
        if request.schema is not None:
            config |= {"response_mime_type": "application/json", "response_schema": for_gemini(request.schema)}
        with self._errors(key):
            answer = model.generate_content(
                turns,
                generation_config=config,
                request_options={"retry": None, "timeout": TIMEOUT},
            )
        return gemini.response(answer, self._service)

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        """Translate what the library raises, for a call made with this key."""
        import requests
        from google.api_core.exceptions import GoogleAPICallError
        from google.protobuf.json_format import ParseError

        try:
            yield
        except GoogleAPICallError as error:
            if error.response is None or error.code is None:
                raise self._service.unreachable(error) from None
            raise gemini.refusal(
                int(error.code), _json(error.response), error.response.headers, self._service, key
            ) from None
        except requests.RequestException as error:
            raise self._service.unreachable(error) from None
        except (ParseError, UnicodeDecodeError) as error:
            raise self._service.unreadable(error) from None

    async def close(self) -> None:
        """Connections are the library's own, and close with the process."""


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
