"""What went wrong, in OpenAI's shape, so that every client library of theirs understands it."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from locomo.errors import IncompleteError, InputError, LocomoError, ProviderError
from locomo.llm import BudgetError, MissingError

TOO_LONG: Final = "too long"
"""Part of what every provider says of a prompt that its window does not hold."""


class RefusedError(Exception):
    """A request that cannot be served as it is."""

    def __init__(self, message: str, *, param: str | None = None, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self.status = status
        self.code = code


def response_of(error: RefusedError) -> web.Response:
    """Return an answer whose body is an error, and which says that sending the same again is no use.

    What can be tried again was tried again behind the gateway.
    """
    kind = "invalid_request_error" if error.status < 500 else "server_error"
    body = {"error": {"message": str(error), "type": kind, "param": error.param, "code": error.code}}
    return web.json_response(body, status=error.status, headers={"x-should-retry": "false"})


def refusal_of(error: LocomoError) -> RefusedError:
    """Return how an error of the LLM layer is told to a client."""
    message = str(error)
    if isinstance(error, MissingError):
        return RefusedError(message, status=503, code="offline")
    if isinstance(error, BudgetError):
        return RefusedError(message, status=402, code="budget_exceeded")
    if isinstance(error, InputError):
        return RefusedError(message, code="invalid_value")
    if isinstance(error, ProviderError) and TOO_LONG in message:
        return RefusedError(message, code="context_length_exceeded")
    if isinstance(error, IncompleteError):
        return RefusedError(message, status=503, code="upstream_unavailable")
    return RefusedError(message, status=502, code="upstream_refused")


def field_error(body: Any, name: str, expected: str) -> RefusedError:
    """Return the error of a field that has another shape than expected."""
    found = repr(body.get(name) if isinstance(body, dict) else body)
    short = found if len(found) <= 80 else f"{found[:80]}…"
    return RefusedError(f"{name}: found {short}, expected {expected}", param=name, code="invalid_value")
