"""The models that memory systems call: behind a gateway, so that calls are cached, limited, counted and paid once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from locomo.gateway import Gateway, running
from locomo.gateway.embeddings import Embed
from locomo.llm import Client
from locomo.memory.program import MemorySystemError
from locomo.memory.services import Phase, Services, Taken


class GatewayServices:
    """`Services` of a gateway."""

    def __init__(self, gateway: Gateway, embed: Embed) -> None:
        self._gateway = gateway
        self._embed = embed

    @cached_property
    def _dimensions(self) -> int:
        return int(self._embed(["dimensions"]).shape[1])

    def given(self, system: str, conversation: str, phase: Phase) -> dict[str, Any]:
        """See `Services`."""
        return {
            "base_url": self._gateway.url(system, conversation, phase),
            "key": self._gateway.token,
            "model": self._gateway.model,
            "embedder": self._gateway.embedder,
            "dimensions": self._dimensions,
        }

    def taken(self, system: str, conversation: str, phase: Phase) -> Taken:
        """See `Services`."""
        usage = self._gateway.usage(system, conversation, phase)
        return Taken(usage.calls, usage.input_tokens, usage.output_tokens, usage.texts, usage.usd)

    def failures(self, system: str, conversation: str) -> list[str]:
        """See `Services`."""
        return self._gateway.failures(system, conversation)


@contextmanager
def behind_gateway(client: Client, embed: Embed, embedder: str) -> Iterator[Services]:
    """Put a model and an encoder behind a gateway.

    Where a system failed because a call was refused, such as by the budget, that is what is raised.
    """
    with running(chat=client, embed=embed, embedder=embedder) as gateway:
        try:
            yield GatewayServices(gateway, embed)
        except MemorySystemError:
            if gateway.trouble is not None:
                raise gateway.trouble from None
            raise
