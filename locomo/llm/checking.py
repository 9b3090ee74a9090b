"""Whether a provider's key is taken, and a model's server can be asked, found out without generating anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from locomo.errors import ProviderError, did_you_mean
from locomo.llm.catalog import Facts, read_catalog
from locomo.llm.identity import DEFAULTS
from locomo.llm.provider import TransientError
from locomo.llm.providers.remote import Service
from locomo.llm.registry import missing, missing_of_service, needed_key, open_module
from locomo.secrets import Secret, SecretError

State = Literal["found", "missing", "invalid"]
ANY = "any"
"""A model's name where none is asked."""
LONGEST = 10.0
"""Seconds that one server is waited for."""
NOT_ASKED = "not asked"
HAVE_ALIASES = ("anthropic", "google", "google-genai")
"""Whose APIs take further names of the models that they list."""
FEW = 5
"""Models of a server that are named."""


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of one provider: `invalid` is what is set and does not work here."""

    state: State
    source: str | None
    """Where its key comes from, if it has one."""
    note: str


async def check_provider(provider: str, *, offline: bool) -> Check:
    """Look whether a provider can be used here; unless `offline`, ask it for its models with the key.

    A module of a provider that has a key makes models with `async def check() -> frozenset[str] | None`: the names of
    the models that its server lists where the key was taken, None where the server has nothing to tell it by,
    ProviderError or TransientError where it was not.
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
        model = open_module(provider).open_model(ANY, Facts())
        if offline:
            return Check("found", source, NOT_ASKED)
        taken = await _models_of(model) is not None
    except (ProviderError, TransientError) as error:
        return Check("invalid", source, str(error).removeprefix(f"model '{provider}/{ANY}': "))
    return Check(
        "found", source, "the key is taken" if taken else "reached, but it does not tell whether the key is taken"
    )


async def check_model(name: str, *, offline: bool) -> tuple[str, Check] | None:
    """Look whether the server of a model can be asked; return the name without aliases, and what was found.

    `Check.source` is the server's address. None for a model that runs here, and a name that nothing is known of.
    InputError if models.yaml cannot be read.
    """
    catalog = read_catalog()
    target, facts = catalog.resolve(name)
    provider, _, model = target.partition("/")
    named = catalog.service_of(target)
    speaks = named[1].speaks if named else provider
    if not model or speaks not in DEFAULTS:
        return None
    address = None
    try:
        server = Service.find(speaks, model, key=needed_key(speaks) or "", example=DEFAULTS[speaks][1], named=named)
        address = server.address
        if (gap := missing_of_service(named[1]) if named else missing(provider)) is not None:
            return target, Check("invalid", address, gap)
        opened = open_module(speaks).open_model(model, facts, *([named] if named else []))
        if offline:
            return target, Check("found", address, NOT_ASKED)
        state, note = _said(model, speaks, await _models_of(opened))
        return target, Check(state, address, note)
    except (ProviderError, TransientError) as error:
        return target, Check("invalid", address, str(error).removeprefix(f"model '{target}': "))


def _said(model: str, speaks: str, models: frozenset[str] | None) -> tuple[State, str]:
    """Return what a server's list says of a model."""
    if models is None:
        return "found", "reached; it does not list its models"
    if models & {model, f"{model}:latest"}:  # as Ollama calls what has no other tag
        return "found", "reached; it lists the model"
    if not models:
        return "invalid", "reached; it lists no models: none is loaded there"
    if speaks in HAVE_ALIASES:
        return "found", f"reached; it does not list the model among its {len(models)}, nor any aliases of them"
    few = ", ".join(sorted(models)[:FEW]) + (", …" if len(models) > FEW else "")
    return "invalid", f"reached; it does not list the model, but {few}{did_you_mean(model, models)}"


async def _models_of(model: Any) -> frozenset[str] | None:
    """Return what a server lists within a short time; ProviderError or TransientError if it cannot be asked."""
    try:
        async with asyncio.timeout(LONGEST):
            found: frozenset[str] | None = await model.check()
    except TimeoutError:
        raise TransientError(f"no answer in {LONGEST:.0f} s") from None
    finally:
        await model.close()
    return found
