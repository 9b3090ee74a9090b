"""What calls cost. Data, in prices.yaml; a project corrects it in a file `prices.yaml` of its own where it runs."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from locomo.llm.catalog import read_catalog
from locomo.llm.tables import read_tables

OWN: Final = "prices.yaml"
"""A project's own prices."""
MILLION: Final = 1_000_000

Dollars = Annotated[float, Field(ge=0)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Price(_Entry):
    """US dollars per million tokens of one model."""

    input: Dollars
    output: Dollars
    cached_input: Dollars | None = None
    cache_write: Dollars | None = None
    batch: Annotated[float, Field(gt=0, le=1)] | None = None
    """What is left of a price in the batch API; None where there is none."""
    as_of: date | None = None

    def cost(
        self, input_tokens: int, output_tokens: int, *, cached: int = 0, written: int = 0, batch: bool = False
    ) -> float:
        """Return US dollars; `cached` and `written` are those of the input tokens that are billed as such."""
        plain = input_tokens - cached - written
        read = self.input if self.cached_input is None else self.cached_input
        write = self.input if self.cache_write is None else self.cache_write
        full = (plain * self.input + cached * read + written * write + output_tokens * self.output) / MILLION
        return full * (self.batch or 1.0) if batch else full

    def most(self, input_tokens: int, output_tokens: int, *, batch: bool = False) -> float:
        """Return the most US dollars that a call can cost: every input token may be written to the provider's cache."""
        dearest = max(self.input, self.cached_input or 0.0, self.cache_write or 0.0)
        full = (input_tokens * dearest + output_tokens * self.output) / MILLION
        return full * (self.batch or 1.0) if batch else full


FREE: Final = Price(input=0, output=0)


class Prices(_Entry):
    """All known prices, by `provider/model`."""

    free: list[str] = []
    """Providers whose models cost nothing."""
    models: dict[str, Price] = {}
    services: dict[str, Price] = {}
    """Of all models of a service, by its name, where no price of the model itself is known."""

    def find(self, provider: str, model: str) -> Price | None:
        """Return a model's price; None where it is not known."""
        own = self.models.get(f"{provider}/{model}")
        return own or (FREE if provider in self.free else self.services.get(provider))


def read_prices() -> Prices:
    """Return what comes with this package and, over it, the project's own file; InputError names what is wrong."""
    tables = read_tables(Prices, OWN)
    return Prices(
        free=[provider for table in tables for provider in table.free],
        models={name: price for table in tables for name, price in table.models.items()},
        services={
            **{name: Price(**each.price.model_dump()) for name, each in read_catalog().services.items() if each.price},
            **{name: price for table in tables for name, price in table.services.items()},
        },
    )
