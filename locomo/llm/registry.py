"""From a name such as `gguf/smollm2-135m-instruct`, or an alias, to a model that is ready to answer.

A module of a provider (see `locomo.llm.catalog.PROVIDERS`) has `open_model(model, facts)`, `NEEDS` unless it needs
nothing, and `SENDS_IMAGES` if it sends pictures to those of its models that see. Where services may speak its API it
takes a service and its name as a third argument. It is imported when it is asked for, and imports its library when that
is used.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any, Final

from locomo.errors import InputError, ProviderError, did_you_mean
from locomo.llm.catalog import PROVIDERS, Catalog, Effort, Facts, Quantization, check_window, read_catalog
from locomo.llm.provider import Needs, Provider
from locomo.llm.services import Service
from locomo.secrets import setting

TELLS_EFFORT: Final = ("anthropic", "google-genai", "openai")
"""Providers that can tell a model how much to think."""
NEAR: Final = 0.75
"""How alike two names are, from 0 to 1, for one to be suggested in place of the other."""


def open_model(
    name: str,
    *,
    context_window: int | None,
    quantization: Quantization | None = None,
    effort: Effort | None = None,
    thinking_tokens: int | None = None,
    to_ask: bool = True,
) -> Provider:
    """Open `provider/model`, `service/model` or an alias; `context_window` (tokens) makes its window smaller.

    `quantization` rounds the weights of an `hf/…` model when they are loaded, so that it fits a smaller GPU. `effort`
    and `thinking_tokens` say how much a model thinks before it answers; None is what models.yaml says.
    A model that is not `to_ask` needs no key: it counts tokens, and names what is looked up in the cache.

    InputError for a name that cannot be meant, ProviderError where the model cannot be used here.
    """
    catalog = read_catalog()
    target, facts = catalog.resolve(name)
    provider, _, model = target.partition("/")
    named = catalog.service_of(target)
    speaks = named[1].speaks if named else provider
    if not model or speaks not in PROVIDERS:
        raise InputError(_unknown(name, target, catalog))
    said = {"quantization": quantization, "effort": effort, "thinking_tokens": thinking_tokens}
    facts = facts.model_copy(update={field: value for field, value in said.items() if value is not None})
    facts = facts.model_copy(update={"context_window": _window(name, context_window, facts)})
    _check_fitting(name, speaks, facts)
    module = open_module(speaks)
    if not getattr(module, "SENDS_IMAGES", False):
        facts = facts.model_copy(update={"images": False})
    needs = _needs(module)
    if (gap := _missing_package(needs)) is not None:
        raise ProviderError(f"model '{name}': {gap}")
    key = named[1].key if named else needs.key if needs else None
    if to_ask and key and setting(key) is None:
        any_will_do = " (any text will do for a local server)" if named is None else ""
        raise ProviderError(f"model '{name}': {key} is not set; export it or write it into .env{any_will_do}")
    opened: Provider = module.open_model(model, facts, named) if named else module.open_model(model, facts)
    return opened


def _window(name: str, wanted: int | None, facts: Facts) -> int | None:
    """Return the window (tokens) of prompt and answer, without the room in which a model thinks; None if not known."""
    whole = facts.context_window
    if wanted is not None:
        check_window(name, wanted, whole or wanted)
    if whole is None:
        return wanted
    room = max(1, whole - min(facts.thinking_room, whole // 2))
    return room if wanted is None else min(wanted, room)


def _check_fitting(name: str, speaks: str, facts: Facts) -> None:
    """ProviderError if something is asked for that models of this provider do not have."""
    if facts.quantization is not None and speaks != "hf":
        raise ProviderError(
            f"model '{name}': answer.quantization: found {facts.quantization}; quantization is for hf/… models (a GGUF "
            "file is quantized already): set it to null"
        )
    if facts.effort is not None and speaks not in TELLS_EFFORT:
        raise ProviderError(
            f"model '{name}': answer.effort: found {facts.effort}; {speaks}/… models are not told how much to think: "
            "set it to null"
        )


def missing(provider: str) -> str | None:
    """Return what a provider lacks here, with the cure; None if it can be used."""
    needs = _needs(open_module(provider))
    key = _missing_key(needs)
    return _missing_package(needs) or (f"{key} is not set" if key else None)


def missing_of_service(service: Service) -> str | None:
    """Return what a service lacks here, with the cure; None if it can be tried."""
    if (gap := _missing_package(_needs(open_module(service.speaks)))) is not None:
        return gap
    wanted = (service.key, service.address if service.base_url is None else None)
    unset = [setting_name for setting_name in wanted if setting_name and setting(setting_name) is None]
    return f"{' and '.join(unset)} {'is' if len(unset) == 1 else 'are'} not set" if unset else None


def needed_key(provider: str) -> str | None:
    """Return the name of the setting that holds a provider's key; None if it needs none."""
    needs = _needs(open_module(provider))
    return needs.key if needs else None


def open_module(provider: str) -> Any:
    """Import the module of a provider, and not its library."""
    return importlib.import_module(PROVIDERS[provider])


def _needs(module: Any) -> Needs | None:
    return getattr(module, "NEEDS", None)


def _missing_package(needs: Needs | None) -> str | None:
    if needs is None or importlib.util.find_spec(needs.package) is not None:
        return None
    return f"{needs.install} is not installed: pip install {needs.install}"


def _missing_key(needs: Needs | None) -> str | None:
    key = needs.key if needs else None
    return key if key and setting(key) is None else None


def _unknown(name: str, target: str, catalog: Catalog) -> str:
    meant = f"model '{name}'" + (f" (stands for '{target}')" if target != name else "")
    known = ", ".join(f"{provider}/…" for provider in PROVIDERS)
    provider, slash, model = target.partition("/")
    namesakes = [each for each in catalog.models if each.endswith(f"/{target}")]
    hint = did_you_mean(target, [*catalog.aliases, *catalog.models], cutoff=NEAR)
    if namesakes:
        hint = f"; did you mean '{namesakes[0]}'?"
    elif slash and model and provider not in PROVIDERS and not hint:
        hint = did_you_mean(provider, [*PROVIDERS, *catalog.services])
    return (
        f"{meant}: expected provider/model with one of {known}, service/model with a service of models.yaml, or an "
        f"alias that `locomo models` lists{hint}"
    )
