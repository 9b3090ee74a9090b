"""What a memory system is given for calls of its own: the address of models, and an account of what it asks there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

Phase = Literal["ingest", "search"]
_DECIMALS: Final = 12


@dataclass(frozen=True, slots=True)
class Taken:
    """What a system's calls take: without the request cache, so that it is the same on every run."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    embedded_texts: int = 0
    cost_usd: float | None = 0.0
    """None where the price of a model is not known."""

    def plus(self, other: Taken) -> Taken:
        """Return both together."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Taken(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.embedded_texts + other.embedded_texts,
            _dollars((self.cost_usd or 0.0) + (other.cost_usd or 0.0)) if known else None,
        )

    def minus(self, earlier: Taken) -> Taken:
        """Return what came after an earlier account."""
        known = self.cost_usd is not None and earlier.cost_usd is not None
        return Taken(
            self.calls - earlier.calls,
            self.input_tokens - earlier.input_tokens,
            self.output_tokens - earlier.output_tokens,
            self.embedded_texts - earlier.embedded_texts,
            _dollars((self.cost_usd or 0.0) - (earlier.cost_usd or 0.0)) if known else None,
        )


def _dollars(value: float) -> float:
    """Return a sum of prices: the same, in however many runs it came together. A token costs more than 1e-10."""
    return round(value, _DECIMALS)


class Services(Protocol):
    """The models that systems are given."""

    def given(self, system: str, conversation: str, phase: Phase) -> dict[str, Any]:
        """Return what `open` passes on: `base_url`, `key`, `model`, `embedder` and `dimensions`."""
        ...

    def taken(self, system: str, conversation: str, phase: Phase) -> Taken:
        """Return what a system has asked so far."""
        ...

    def failures(self, system: str, conversation: str) -> list[str]:
        """Return why calls of a system have failed for good: it may have taken that for an empty answer."""
        ...


class NoServices:
    """For systems that call no models."""

    def given(self, system: str, conversation: str, phase: Phase) -> dict[str, Any]:
        """See `Services`."""
        return {}

    def taken(self, system: str, conversation: str, phase: Phase) -> Taken:
        """See `Services`."""
        return Taken()

    def failures(self, system: str, conversation: str) -> list[str]:
        """See `Services`."""
        return []
