"""What requests would take: counted in the cache, tokens and US dollars from low to high. Nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from locomo.llm import LlmSettings, Price, Provider, Request, RequestCache, read_prices
from locomo.llm.accounting import IMAGE_TOKENS
from locomo.llm.structured import ATTEMPTS

COUNTED: Final = 400
"""Prompts whose tokens are counted, evenly picked; of more, the rest is taken to be like them."""
BYTES_A_TOKEN: Final = 4.5
"""Of English, for the low estimate of tokenizers that are not here."""
FEWEST_IMAGE_TOKENS: Final = 85
"""Of a picture: what gpt-4o bills for one in low detail."""
CACHEABLE: Final = 1024
"""Tokens of the shortest beginning that providers cache."""
COMPLAINT: Final = 130
"""Tokens of what a model is told where its JSON cannot be used, at most."""


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage's calls for one purpose. Tokens and dollars are those of what is not in the cache, from low to high."""

    stage: str
    purpose: str
    model: str
    requests: int
    """Different ones."""
    cached: int
    input_tokens: tuple[int, int]
    output_tokens: tuple[int, int]
    usd: tuple[float, float] | None
    """None where the price is not known."""
    minutes: float | None
    """At the limits; None where none is set."""
    note: str = ""
    most: int | None = None
    """Requests that it can come to, where their number depends on the answers."""

    @property
    def new(self) -> int:
        """How many would be sent."""
        return self.requests - self.cached


@dataclass(frozen=True, slots=True)
class Counter:
    """Makes plans of requests."""

    cache: RequestCache
    settings: LlmSettings

    def plan(
        self,
        stage: str,
        purpose: str,
        requests: Sequence[Request],
        provider: Provider,
        *,
        note: str = "",
        unknown: bool = False,
        most: int | None = None,
    ) -> StagePlan:
        """Count requests of one model. `unknown` says that their texts are stand-ins: none is taken as cached.

        With `most`, what is new may be more by as much as that exceeds the number of requests.
        """
        unique = {request.key: request for request in requests}
        new = [request for key, request in unique.items() if unknown or self.cache.find(request) is None]
        low, high, shared = _input_tokens(new, provider)
        room = provider.capabilities.thinking_room
        longest = sum((request.max_tokens + room) * (1 if request.schema is None else ATTEMPTS) for request in new)
        if most is not None and new:
            scale = (most - len(unique) + len(new)) / len(new)
            high, longest = round(high * scale), round(longest * scale)
        price = read_prices().find(provider.name, provider.model)
        usd = None if price is None else self._dollars(price, new, (low, high), shared, longest)
        return StagePlan(
            stage=stage,
            purpose=purpose,
            model=f"{provider.name}/{provider.model}",
            requests=len(unique),
            cached=len(unique) - len(new),
            input_tokens=(low, high),
            output_tokens=(len(new), longest),
            usd=usd,
            minutes=self.minutes(len(new), high + longest),
            note=note,
            most=most,
        )

    def minutes(self, requests: int, tokens: int) -> float | None:
        """Return how long that takes at the limits; None where none is set."""
        limits = self.settings.limits
        pairs = ((requests, limits.requests), (tokens, limits.tokens))
        return max((part / limit for part, limit in pairs if limit is not None), default=None)

    def _dollars(
        self, price: Price, new: Sequence[Request], tokens: tuple[int, int], shared: int, longest: int
    ) -> tuple[float, float]:
        low, high = tokens
        batch = self.settings.batch and price.batch is not None and all(request.schema is None for request in new)
        cached = 0 if batch else min(low, shared)
        return (
            price.cost(low, len(new), cached=cached, batch=batch),
            price.most(high, longest, batch=batch),
        )


def _input_tokens(requests: Sequence[Request], provider: Provider) -> tuple[int, int, int]:
    """Return the tokens of all prompts, low and high, and (low) of beginnings that an earlier one has sent before."""
    counted = requests[:: max(1, len(requests) // COUNTED)]
    counts: dict[str, int] = {}  # conversations are long, and the same for all their questions

    def count(text: str) -> int:
        if text not in counts:
            counts[text] = provider.count_tokens(text)
        return counts[text]

    low = high = 0.0
    for request in counted:
        texts = [message.content for message in request.messages]
        shared, rest = texts[-1][: request.shared_prefix], texts[-1][request.shared_prefix :]
        tokens = sum(count(text) for text in (*texts[:-1], shared, rest) if text)
        whole = tokens + IMAGE_TOKENS * request.image_count
        high += whole
        if request.schema is not None:  # asked again, it is shown its answers and what was wrong with them
            high += (ATTEMPTS - 1) * whole + sum(range(ATTEMPTS)) * (request.max_tokens + COMPLAINT)
        low += min(tokens, sum(len(text.encode()) for text in texts) / BYTES_A_TOKEN)
        low += FEWEST_IMAGE_TOKENS * request.image_count
    scale = len(requests) / len(counted) if counted else 0.0
    seen: set[str] = set()
    repeated = 0.0
    for request in requests:
        prefix = request.messages[-1].content[: request.shared_prefix]
        length = len(prefix) / BYTES_A_TOKEN
        if prefix in seen and length >= CACHEABLE:
            repeated += length
        seen.add(prefix)
    return round(low * scale), round(high * scale), round(repeated)
