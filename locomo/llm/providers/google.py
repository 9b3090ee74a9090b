"""Gemini through `google-generativeai`, over REST; services by name, or another server by `GOOGLE_API_ENDPOINT`.

The makers of this library have ended its support: `google-genai/...` is the same through its successor.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any

from locomo.llm.catalog import Facts
from locomo.llm.provider import Needs
from locomo.llm.providers import gemini
from locomo.llm.providers.adapting import Adaptation, again
from locomo.llm.providers.connection import Connection
from locomo.llm.providers.reading import OnlyThoughtError
from locomo.llm.providers.remote import CHECK_TIMEOUT, MOST_LISTED, NO_KEY, TIMEOUT, Named, Service
from locomo.llm.providers.schemas import for_gemini
from locomo.llm.providers.threads import in_daemon_thread
from locomo.llm.providers.trouble import ParameterError
from locomo.llm.tokens import estimate_tokens
from locomo.llm.types import Capabilities, Limits, Request, Response

NEEDS = Needs(package="google.generativeai", install="google-generativeai", key="GOOGLE_API_KEY")
SENDS_IMAGES = True

THREADS = 32
"""Calls in flight, at most: each has a thread of its own."""


def open_model(model: str, facts: Facts, named: Named | None = None) -> GoogleModel:
    """Open a model; ProviderError if there is no usable key or address."""
    service = Service.find("google", model, key="GOOGLE_API_KEY", example="http://localhost:8000", named=named)
    service.without_query()
    return GoogleModel(model, facts, service)


class GoogleModel:
    """One Gemini model. The library cannot await over REST: every call has a thread."""

    def __init__(self, model: str, facts: Facts, service: Service) -> None:
        self.name = service.name
        self.model = model
        self.revision = service.entry.revision
        self.service = service.kept
        self.thinking_tokens = facts.thinking_tokens
        self.concurrency = min(service.entry.concurrency or THREADS, THREADS)
        self.limits: Limits | None = service.limits
        self.capabilities = facts.capabilities(Capabilities(context_window=gemini.WINDOW, seed=False))
        self._service = service
        self._adaptation = Adaptation(service.model, facts)
        self._connection = Connection(service, self._connect)

    @property
    def _library(self) -> Any:
        return self._connection.client()[0]

    def _connect(self, key: str) -> tuple[Any, Any]:
        """Return the library and what makes its clients: one of our own, since the library's is one for all."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that its support has ended is said above, and not on every run
            library: Any = importlib.import_module("google.generativeai")
            made: Any = importlib.import_module("google.generativeai.client")._ClientManager()
        made.configure(
            api_key=key or NO_KEY,
            transport="rest",
            client_options={"api_endpoint": self._service.at.called},
            default_metadata=[(name.lower(), value) for name, value in self._service.headers.items()],
        )
        return library, made

    def count_tokens(self, text: str) -> int:
        """Return a careful estimate."""
        return estimate_tokens(text)

    async def complete(self, request: Request) -> Response:
        """Answer one request; what the server refuses of it is left out."""
        system, turns = gemini.contents(request.messages, self.capabilities)
        key = self._service.key
        library, made = self._connection.client()
        model = library.GenerativeModel(self.model, system_instruction=system or None)
        model._client = made.get_default_client("generative")
        while True:
            had_room = self._adaptation.thinks(request)
            config = gemini.config(request, self.capabilities, self._adaptation)
            if request.schema is not None:
                config |= {"response_mime_type": "application/json", "response_schema": for_gemini(request.schema)}
            call = partial(self._call, model, turns, config, request, key)
            try:
                return await in_daemon_thread(call)
            except ParameterError as error:
                self._adaptation.leave_out(error, gemini.parameters(config))
            except OnlyThoughtError as error:
                self.capabilities = self._adaptation.learn_to_think(
                    error, request, had_room=had_room, capabilities=self.capabilities
                )
                raise again(error) from None

    async def check(self) -> frozenset[str] | None:
        """See `locomo.llm.checking`."""
        key = self._service.key
        library, made = self._connection.client()
        options = {"retry": None, "timeout": CHECK_TIMEOUT}

        def names() -> frozenset[str]:
            with self._errors(key):
                listed = library.list_models(
                    page_size=MOST_LISTED, client=made.get_default_client("model"), request_options=options
                )
                return frozenset(each.name.removeprefix(gemini.MODELS) for each in islice(listed, MOST_LISTED))

        return await in_daemon_thread(names)

    def _call(
        self, model: Any, turns: list[dict[str, Any]], config: dict[str, Any], request: Request, key: str
    ) -> Response:
        with self._errors(key):
            answer = model.generate_content(
                turns,
                generation_config=config,
                request_options={"retry": None, "timeout": TIMEOUT},
            )
        return gemini.response(answer, self._service, request, self._adaptation)

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
            raise self._service.unreadable(error, _document(error)) from None

    async def close(self) -> None:
        """Connections are the library's own, and close with the process."""


def _json(answer: Any) -> Any:
    """Return the JSON of an answer, else its text."""
    try:
        return answer.json()
    except ValueError:
        return getattr(answer, "text", None)


def _document(error: BaseException | None) -> str | None:
    """Return the text that could not be read, which is with the error that this one came from."""
    while error is not None:
        if isinstance(document := getattr(error, "doc", None), str):
            return document
        error = error.__cause__ or error.__context__
    return None
