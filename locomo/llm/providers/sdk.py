"""Clients of the libraries of OpenAI and Anthropic, which one generator makes, for one service and one key."""

from __future__ import annotations

import base64
import importlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from locomo.llm.providers.remote import CONNECT_TIMEOUT, NO_KEY, TIMEOUT, Service

_CLIENTS: Final = {"openai": "AsyncOpenAI", "anthropic": "AsyncAnthropic"}
_LOGGERS: Final = ("httpx", "httpx2")
_USUAL_HEADERS: Final = {"openai": "Authorization", "anthropic": "X-Api-Key"}
"""How each library sends the key."""


def async_client(
    library: str, service: Service, key: str, on_response: Callable[[Any], Awaitable[None]] | None = None
) -> Any:
    """Return a client that tries once, sends the key as the service wants it, and tells each response."""
    sdk: Any = importlib.import_module(library)
    if service.at.secrets:
        for name in _LOGGERS:  # they would write the whole address of each call
            logging.getLogger(name).setLevel(logging.WARNING)
    headers = dict(service.headers)
    header = service.key_header
    if key and header is not None:
        headers[header] = key
    if service.at.login:  # not in the address, where the transport would not have it beside a header
        headers["Authorization"] = f"Basic {base64.b64encode(service.at.login.encode()).decode()}"

    async def without_key(request: Any) -> None:
        request.headers.pop(_USUAL_HEADERS[library], None)

    hooks: dict[str, list[Any]] = {"response": [on_response]} if on_response else {}
    if (not key or header is not None) and not service.at.login:  # the libraries insist on sending one
        hooks["request"] = [without_key]
    return getattr(sdk, _CLIENTS[library])(
        api_key=key or NO_KEY,
        base_url=service.at.url,
        default_query=dict(service.at.query),
        default_headers=headers,
        max_retries=0,
        timeout=sdk.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT),
        http_client=sdk.DefaultAioHttpClient(event_hooks=hooks),
    )
