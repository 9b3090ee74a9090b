"""What is known of models before they are asked: windows, flags, aliases, services. Data, in models.yaml.

A project adds its own, or corrects ours, in a file `models.yaml` of the same shape in the folder where it runs.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from locomo.errors import InputError
from locomo.llm.addresses import parse_address
from locomo.llm.services import EXAMPLE, Service
from locomo.llm.tables import read_tables
from locomo.llm.types import Capabilities

OWN: Final = "models.yaml"
"""A project's additions."""
PROVIDERS: Final[dict[str, str]] = {
    "anthropic": "locomo.llm.providers.anthropic",
    "ctransformers": "locomo.llm.providers.ctransformers",
    "gguf": "locomo.llm.providers.gguf",
    "google": "locomo.llm.providers.google",
    "google-genai": "locomo.llm.providers.google_genai",
    "hf": "locomo.llm.providers.hf",
    "mock": "locomo.llm.providers.mock",
    "openai": "locomo.llm.providers.openai",
}
"""Provider to module (see `locomo.llm.registry`)."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

Tokens = Annotated[int, Field(ge=1)]
Quantization = Literal["4bit", "8bit"]
Precision = Literal["float32", "bfloat16", "float16"]
Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model thinks, in the words of the services; each model takes some of them."""
Parameter = Literal["max_tokens", "max_completion_tokens", "stop", "seed", "temperature", "top_p"]
"""What a request says besides its messages, in OpenAI's words."""
THINKING_ROOM: Final = 8192
"""Tokens that a model that thinks gets besides those of its answer, if nobody says how many."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Facts(_Entry):
    """What is known of one model; None where nothing is. The fields are those of `Capabilities`."""

    context_window: Tokens | None = None
    max_output: Tokens | None = None
    stop: bool | None = None
    system: bool | None = None
    seed: bool | None = None
    sampling: bool | None = None
    images: bool | None = None
    json_schema: bool | None = None
    tools: bool | None = None
    quantization: Quantization | None = None
    """To how many bits its weights are rounded when they are loaded; no field of `Capabilities`."""
    precision: Precision | None = None
    """In which its weights are computed with; None: float32 on a CPU, on a GPU what its files say."""
    thinking: bool | None = None
    """Whether it thinks before it answers."""
    thinking_tokens: Annotated[int, Field(ge=0)] | None = None
    """Tokens that it may think in, which is also told to a service that takes a budget; part of the key."""
    effort: Effort | None = None
    """How much it thinks, for a service that takes such a word; part of the key."""
    refuses: list[Parameter] = []
    """Parameters that its server refuses: they are not sent. Stop sequences are then applied here."""
    note: str | None = None
    """For people: that it is retired, say."""

    def capabilities(self, defaults: Capabilities) -> Capabilities:
        """Return `defaults` with what is known put over them."""
        known = replace(defaults, **self.model_dump(exclude_none=True, include=set(_CAPABILITIES)))
        return replace(known, thinking_room=self.thinking_room)

    @property
    def thinking_room(self) -> int:
        """Tokens that a model gets to think in, besides those of its answer."""
        if self.thinking_tokens is not None:
            return self.thinking_tokens
        return THINKING_ROOM if self.thinking else 0


_CAPABILITIES: Final = {field.name for field in fields(Capabilities)} & Facts.model_fields.keys()


class Alias(_Entry):
    """Another name for a model, as a rule with a window of its own."""

    model: str
    context_window: Tokens | None = None


class Catalog(_Entry):
    """All that is known, by `provider/model`, by alias and by service."""

    models: dict[str, Facts] = {}
    aliases: dict[str, Alias] = {}
    services: dict[str, Service] = {}

    def resolve(self, name: str) -> tuple[str, Facts]:
        """Return `provider/model` and what is known of it, for such a name or an alias."""
        alias = self.aliases.get(name)
        target = alias.model if alias else name
        facts = self.models.get(target) or self._namesake(target) or Facts()
        if alias and alias.context_window:
            facts = facts.model_copy(update={"context_window": alias.context_window})
        return target, facts

    def service_of(self, target: str) -> tuple[str, Service] | None:
        """Return name and entry of the service in `service/model`; None if a provider stands there."""
        name = target.partition("/")[0]
        return (name, self.services[name]) if name in self.services else None

    def _namesake(self, target: str) -> Facts | None:
        """Return what is known of a model that a service only passes on: `openrouter/openai/gpt-4o`, `azure/gpt-4o`."""
        if (found := self.service_of(target)) is None:
            return None
        name, service = found
        model = target.removeprefix(f"{name}/")
        return self.models.get(f"{service.speaks}/{model}" if service.deployments else model)


def read_catalog() -> Catalog:
    """Return what comes with this package and, over it, the project's own file; InputError names what is wrong."""
    tables = read_tables(Catalog, OWN)
    services: dict[str, Service] = {}
    for table in tables:
        for name, service in table.services.items():
            _check_service(name, service, known=name in services)
            known = services[name].model_dump(exclude_unset=True) if name in services else {}
            services[name] = Service.model_validate(known | service.model_dump(exclude_unset=True))
    return Catalog(
        models={name: facts for table in tables for name, facts in table.models.items()},
        aliases={name: alias for table in tables for name, alias in table.aliases.items()},
        services=services,
    )


def _check_service(name: str, service: Service, *, known: bool) -> None:
    place = f"{OWN}: services → {name}"
    if name in PROVIDERS:
        raise InputError(f"{place}: is the name of a provider; give the service another name")
    if not _NAME.fullmatch(name):
        raise InputError(f"{place}: expected a name of letters, digits, '.', '_' and '-'")
    if not known and service.base_url is None and service.address is None:
        raise InputError(f"{place} → base_url: missing; expected an address like {EXAMPLE}")
    if service.base_url is not None:
        try:
            address = parse_address(service.base_url, where=f"{place} → base_url", example=EXAMPLE)
        except ValueError as error:
            raise InputError(str(error)) from None
        if address.secrets:
            raise InputError(
                f"{place} → base_url: holds a login or a key, and this file is shared; name the setting that holds "
                "the address with `address: VARIABLE`, or the key with `key: VARIABLE`"
            )


def check_window(model: str, wanted: int | None, limit: int) -> None:
    """InputError if a larger window is wanted than the model has (tokens)."""
    if wanted is not None and wanted > limit:
        raise InputError(f"model '{model}': a window of {wanted} tokens; the model has {limit}")
