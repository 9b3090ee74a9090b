"""What a model's name stands for: all that determines its answers, found without a key, a network or loading anything.

A stage that asks a model depends on this, besides its parameters: on models.yaml, on variables that hold addresses, and
on the model's files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from locomo.llm.addresses import parse_address
from locomo.llm.catalog import read_catalog
from locomo.models import smollm2
from locomo.secrets import SecretError, setting

DEFAULTS: Final = {
    "anthropic": ("ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    "google": ("GOOGLE_API_ENDPOINT", "https://generativelanguage.googleapis.com"),
    "google-genai": ("GOOGLE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com"),
    "openai": ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
}
"""Of each provider behind HTTP the setting that holds another address, and its own one."""
MODEL_FILES: Final = {".bin", ".jinja", ".json", ".model", ".safetensors", ".txt"}
"""How the files of a folder end that make an hf model."""
_NOTES: Final = {"note"}


def identity(name: str) -> dict[str, Any]:
    """Return all that determines the answers of `provider/model`, `service/model` or an alias, as JSON values.

    - `provider`, `model`: what stands in requests; a service stands in place of a provider. `speaks`: its API.
    - `address`: where it is asked, without credentials, None for what runs here; `service`: that part of it that stands
      in requests, None at a provider's own address. An address that cannot be meant is given as "invalid".
    - `revision`: what models.yaml or the name pins it to.
    - `facts`: what is known of it and may alter prompts or requests; `price`: that of a service, which rows hold.
    - `files`: paths of local files that are the model, sorted; they are named and not read.
    """
    catalog = read_catalog()
    target, facts = catalog.resolve(name)
    provider, _, model = target.partition("/")
    known = facts.model_dump(exclude_none=True, exclude_defaults=True, exclude=_NOTES)
    found: dict[str, Any] = {
        "provider": provider,
        "model": model,
        "speaks": provider,
        "address": None,
        "service": None,
        "revision": None,
        "facts": known,
        "price": None,
        "files": _files(provider, model),
    }
    if (named := catalog.service_of(target)) is not None:
        service = named[1]
        address = None
        try:
            if (at := service.find_address(provider, model)) is not None:
                address = service.kept(at)
        except (ValueError, SecretError):
            address = "invalid"
        return found | {
            "speaks": service.speaks,
            "address": address,
            "service": address,
            "revision": service.revision,
            "price": service.price.model_dump(exclude_none=True) if service.price else None,
        }
    if provider in DEFAULTS:
        address, default = _address(provider)
        return found | {"address": address, "service": None if address == default else address}
    if (provider, model) == ("gguf", smollm2.NAME):
        return found | {"revision": f"sha256:{smollm2.SHA256}"}
    if provider == "hf" and not found["files"]:
        return found | {"revision": model.partition("@")[2] or None}
    return found


def _address(provider: str) -> tuple[str, str]:
    variable, default = DEFAULTS[provider]
    try:
        text = setting(variable)
        return (parse_address(text.text, where=variable, example=default).kept if text else default), default
    except (ValueError, SecretError):
        return "invalid", default


def _files(provider: str, model: str) -> list[str]:
    if provider == "mock":
        kind, _, script = model.partition(":")
        return [script] if kind == "script" and Path(script).is_file() else []
    if provider not in ("ctransformers", "gguf", "hf"):
        return []
    path = Path(model).expanduser()
    if path.is_dir():
        return sorted(str(file) for file in path.iterdir() if file.suffix in MODEL_FILES)
    return [str(path)] if path.is_file() else []
