"""Whether a provider's key is there and taken, found out without anything being generated."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from locomo.errors import ProviderError
from locomo.llm.catalog import Facts
from locomo.llm.provider import TransientError
from locomo.llm.registry import missing, needed_key, open_module
from locomo.secrets import Secret, SecretError

State = Literal["found", "missing", "invalid"]
ANY = "any"
"""A model's name where none is asked."""
LONGEST = 10.0
"""Seconds that one provider is waited for."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of one provider: `invalid` is what is set and does not work here."""

    state: State
    source: str | None
    """Where its key comes from, if it has one."""
    note: str


async def check_provider(provider: str, *, offline: bool) -> Check:
    """Look whether a provider can be used here; unless `offline`, ask it for its models with the key.

    A module of a provider that has a key makes models with `async def check() -> bool`: True where the key was taken,
    False where the server has nothing to tell it by, ProviderError or TransientError where it was not.
    """
    key = needed_key(provider)
    try:
        source = Secret(key).source if key else None
    except SecretError as error:
        return Check("invalid", None, str(error))
    if (gap := missing(provider)) is not None:
        return Check("missing", source, gap)
    if key is None:
        return Check("found", None, "needs no key")
    try:
        return await _ask(provider, source, offline=offline)
    except (ProviderError, TransientError) as error:
        return Check("invalid", source, str(error).removeprefix(f"model '{provider}/{ANY}': "))


async def _ask(provider: str, source: str | None, *, offline: bool) -> Check:
    model: Any = open_module(provider).open_model(ANY, Facts())
    if offline:
        return Check("found", source, "not asked")
    try:
        async with asyncio.timeout(LONGEST):
            taken = await model.check()
    except TimeoutError:
        raise TransientError(f"no answer in {LONGEST:.0f} s") from None
    finally:
        await model.close()
    return Check(
        "found", source, "the key is taken" if taken else "reached, but it does not tell whether the key is taken"
    )
