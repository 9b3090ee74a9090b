"""The client of a provider's library, made anew when the key is another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from locomo.llm.providers.remote import Service


class Connection:
    """Clients of one service, one for each key that it has had: calls in flight keep theirs."""

    def __init__(self, service: Service, make: Callable[[str], Any]) -> None:
        self._service = service
        self._make = make
        self._made: list[tuple[str, Any]] = []

    def client(self) -> Any:
        """Return the client for the key as it is now; ProviderError if there is none."""
        key = self._service.key
        if not self._made or self._made[-1][0] != key:
            self._made.append((key, self._make(key)))
        return self._made[-1][1]

    def take(self) -> list[Any]:
        """Return all clients, to be closed, and forget them."""
        made, self._made = self._made, []
        return [client for _, client in made]
