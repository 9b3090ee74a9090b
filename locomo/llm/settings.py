"""How models are called: limits, money, the cache. No answer depends on any of it."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from locomo.llm.types import Limits

TIERS: Final = {"3500-rpm": Limits(requests=3500), "5000-rpm": Limits(requests=5000)}
"""Limits that OpenAI gives to many accounts, by name."""

Count = Annotated[int, Field(ge=1, strict=True)]


def _workers(value: Any) -> Any:
    """Return a number of workers or an address; of a union, pydantic would name only the first member."""
    number = type(value) is int and value >= 1
    if value is None or number or (isinstance(value, str) and re.match("ray://.", value)):
        return value
    raise PydanticCustomError("workers", "expected a number of workers or ray://HOST:PORT")


class LlmSettings(BaseModel):
    """`llm` of params.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tier: Literal["3500-rpm", "5000-rpm"] | None = None
    rpm: Count | None = None
    """Requests a minute."""
    tpm: Count | None = None
    """Tokens a minute, of prompts and answers together."""
    concurrency: Count | None = None
    """Calls in flight, at most."""
    timeout: Annotated[float, Field(gt=0)] | None = None
    """Seconds that one attempt may take; None is two minutes for remote models, no end for local ones."""
    budget_usd: Annotated[float, Field(ge=0)] | None = None
    """US dollars that one run may spend."""
    offline: Annotated[bool, Field(strict=True)] = False
    """Answer from the cache alone."""
    batch: Annotated[bool, Field(strict=True)] = False
    """Ask through the provider's batch API."""
    max_failed: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the questions that may fail permanently; with more, a stage fails."""
    cache: str | None = None
    """Folder or address of the request cache; None is the default one."""
    workers: Annotated[int | str | None, BeforeValidator(_workers)] = None
    """Local models on so many workers of this machine, or on those of a Ray cluster; None is this process."""

    @property
    def limits(self) -> Limits:
        """What the user allows within a minute: `rpm` and `tpm`, where they are set, over those of the tier."""
        tier = TIERS[self.tier] if self.tier else Limits()
        return Limits(self.rpm or tier.requests, self.tpm or tier.tokens)
