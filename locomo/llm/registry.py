"""From a name such as `gguf/smollm2-135m-instruct`, or an alias, to a model that is ready to answer."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from locomo.errors import InputError, ProviderError, did_you_mean
from locomo.llm.catalog import Catalog, Quantization, check_window, read_catalog
from locomo.llm.provider import Needs, Provider
from locomo.secrets import setting

PROVIDERS: dict[str, str] = {
    "anthropic": "locomo.llm.providers.anthropic",
    "ctransformers": "locomo.llm.providers.ctransformers",
    "gguf": "locomo.llm.providers.gguf",
    "google": "locomo.llm.providers.google",
    "google-genai": "locomo.llm.providers.google_genai",
    "hf": "locomo.llm.providers.hf",
    "mock": "locomo.llm.providers.mock",
    "openai": "locomo.llm.providers.openai",
}
"""Provider to module. A module has `open_model(model, facts)`, `NEEDS` unless it needs nothing, and `SENDS_IMAGES` if
it sends pictures to those of its models that see. It is imported when it is asked for, and imports its library when
that is used."""


def open_model(
    name: str, *, context_window: int | None, quantization: Quantization | None = None, to_ask: bool = True
) -> Provider:
    """Open `provider/model` or an alias; `context_window` (tokens) makes its window smaller, None leaves it as it is.

    `quantization` rounds the weights of an `hf/…` model when they are loaded, so that it fits a smaller GPU.
    A model that is not `to_ask` needs no key: it counts tokens, and names what is looked up in the cache.

    InputError for a name that cannot be meant, ProviderError where the model cannot be used here.
    """
    catalog = read_catalog()
    target, facts = catalog.resolve(name)
    provider, slash, model = target.partition("/")
    if not slash or not model or provider not in PROVIDERS:
        raise InputError(_unknown(name, target, catalog))
    if context_window is not None:
        check_window(name, context_window, facts.context_window or context_window)
        facts = facts.model_copy(update={"context_window": context_window})
    if quantization is not None:
        facts = facts.model_copy(update={"quantization": quantization})
    if facts.quantization is not None and provider != "hf":
        raise ProviderError(
            f"model '{name}': answer.quantization: found {facts.quantization}; quantization is for hf/… models (a GGUF "
            "file is quantized already): set it to null"
        )
    module = open_module(provider)
    if not getattr(module, "SENDS_IMAGES", False):
        facts = facts.model_copy(update={"images": False})
    if (gap := _missing_package(_needs(module))) is not None:
        raise ProviderError(f"model '{name}': {gap}")
    if to_ask and (key := _missing_key(_needs(module))) is not None:
        raise ProviderError(
            f"model '{name}': {key} is not set; export it or write it into .env (any text will do for a local server)"
        )
    opened: Provider = module.open_model(model, facts)
    return opened


def missing(provider: str) -> str | None:
    """Return what a provider lacks here, with the cure; None if it can be used."""
    needs = _needs(open_module(provider))
    key = _missing_key(needs)
    return _missing_package(needs) or (f"{key} is not set" if key else None)


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
    provider, slash, _ = target.partition("/")
    namesakes = [model for model in catalog.models if model.endswith(f"/{target}")]
    hint = did_you_mean(target, [*catalog.aliases, *catalog.models])
    if namesakes:
        hint = f"; did you mean '{namesakes[0]}'?"
    elif slash and provider not in PROVIDERS and not hint:
        hint = did_you_mean(provider, PROVIDERS)
    return f"{meant}: expected provider/model with one of {known}, or an alias that `locomo models` lists{hint}"
