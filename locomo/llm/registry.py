"""From a name such as `gguf/smollm2-135m-instruct` to a model that is ready to answer."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from locomo.errors import InputError, did_you_mean
from locomo.llm.provider import Provider

PROVIDERS: dict[str, str] = {
    "gguf": "locomo.llm.providers.gguf",
    "mock": "locomo.llm.providers.mock",
    "openai": "locomo.llm.providers.openai",
}
"""Provider to module; a module has `open_model(model, context_window)` and is imported when it is asked for."""


def open_model(name: str, *, context_window: int | None) -> Provider:
    """Open `provider/model`; `context_window` (tokens) makes its window smaller, None leaves it as it is.

    InputError for a name that cannot be meant, ProviderError where the model cannot be used here.
    """
    provider, slash, model = name.partition("/")
    if not slash or not model or provider not in PROVIDERS:
        known = [f"{known}/…" for known in PROVIDERS]
        hint = did_you_mean(provider, PROVIDERS) if provider not in PROVIDERS else ""
        raise InputError(f"model '{name}': expected provider/model with one of {', '.join(known)}{hint}")
    opener: Callable[[str, int | None], Provider] = importlib.import_module(PROVIDERS[provider]).open_model
    return opener(model, context_window)
