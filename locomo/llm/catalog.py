"""What is known of models before they are asked: windows, flags, aliases. Data, in models.yaml.

A project adds its own, or corrects ours, in a file `models.yaml` of the same shape in the folder where it runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from locomo.errors import InputError
from locomo.llm.tables import read_tables
from locomo.llm.types import Capabilities

OWN: Final = "models.yaml"
"""A project's additions."""

Tokens = Annotated[int, Field(ge=1)]
Quantization = Literal["4bit", "8bit"]


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
    quantization: Quantization | None = None
    """To how many bits its weights are rounded when they are loaded; no field of `Capabilities`."""
    note: str | None = None
    """For people: that it is retired, say."""

    def capabilities(self, defaults: Capabilities) -> Capabilities:
        """Return `defaults` with what is known put over them."""
        return replace(defaults, **self.model_dump(exclude_none=True, exclude={"note", "quantization"}))


class Alias(_Entry):
    """Another name for a model, as a rule with a window of its own."""

    model: str
    context_window: Tokens | None = None


class Catalog(_Entry):
    """All that is known, by `provider/model` and by alias."""

    models: dict[str, Facts] = {}
    aliases: dict[str, Alias] = {}

    def resolve(self, name: str) -> tuple[str, Facts]:
        """Return `provider/model` and what is known of it, for such a name or an alias."""
        alias = self.aliases.get(name)
        target = alias.model if alias else name
        facts = self.models.get(target, Facts())
        if alias and alias.context_window:
            facts = facts.model_copy(update={"context_window": alias.context_window})
        return target, facts


def read_catalog() -> Catalog:
    """Return what comes with this package and, over it, the project's own file; InputError names what is wrong."""
    tables = read_tables(Catalog, OWN)
    return Catalog(
        models={name: facts for table in tables for name, facts in table.models.items()},
        aliases={name: alias for table in tables for name, alias in table.aliases.items()},
    )


def check_window(model: str, wanted: int | None, limit: int) -> None:
    """InputError if a larger window is wanted than the model has (tokens)."""
    if wanted is not None and wanted > limit:
        raise InputError(f"model '{model}': a window of {wanted} tokens; the model has {limit}")
