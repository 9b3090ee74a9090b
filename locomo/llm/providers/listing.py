"""Asking OpenAI's and Anthropic's libraries for the list of models, to see whether a key is taken."""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable
from typing import Any

from locomo.llm.providers.remote import Service


async def listed(service: Service, ask: Callable[[], Awaitable[Any]], library: str) -> frozenset[str] | None:
    """Return the models' names; None from servers that list none, and for keys that may do other things only.

    ProviderError and TransientError as for any other call.
    """
    sdk = importlib.import_module(library)
    with service.sdk_errors(sdk):
        try:
            answer = await ask()
        except (sdk.NotFoundError, sdk.PermissionDeniedError):
            return None
        except AttributeError:  # the library looks for a list, also in a page of HTML
            answer = None
    if isinstance(data := getattr(answer, "data", None), list):
        return frozenset(str(getattr(each, "id", "")) for each in data)
    raise service.refused(f"{service.address} does not answer with models; check {service.address_variable}")
