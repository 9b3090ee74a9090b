"""Services by name: servers that speak a known API at an address of their own. Data, in `services` of models.yaml."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from locomo.files import canonical_json
from locomo.llm.addresses import Address, parse_address
from locomo.secrets import setting

Speech = Literal["openai", "anthropic", "google", "google-genai"]
"""The providers whose APIs a service can speak."""
EXAMPLE: Final = "http://localhost:8000/v1"
_DIGITS = 12
"""Hexadecimal digits that tell headers apart."""

Count = Annotated[int, Field(ge=1)]
Dollars = Annotated[float, Field(ge=0, strict=False)]


class ServicePrice(BaseModel):
    """US dollars per million tokens of every model of a service, if prices.yaml does not say otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    input: Dollars
    output: Dollars
    cached_input: Dollars | None = None
    cache_write: Dollars | None = None


class Service(BaseModel):
    """One service. A project's entry of a known name changes only the fields that it sets."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    speaks: Speech = "openai"
    base_url: str | None = None
    address: str | None = None
    """The setting (environment or `.env`) that holds the address, if it does not stand in base_url."""
    key: str | None = None
    """The setting that holds the key; None for a server that wants none."""
    key_header: str | None = None
    """The header that carries the key as it is; None for the usual one of the API."""
    headers: dict[str, str] = {}
    """Sent with every call. They are kept with no answer, but must hold no secret either: keys belong in `key`."""
    api_version: str | None = None
    """Sent as `?api-version=`, as Azure wants it."""
    deployments: bool = False
    """Whether a model is addressed as `/openai/deployments/<model>`, as on Azure."""
    rpm: Count | None = None
    """Requests a minute."""
    tpm: Count | None = None
    """Tokens a minute."""
    concurrency: Count | None = None
    """Calls in flight, at most."""
    price: ServicePrice | None = None
    revision: str | None = None
    """What pins the weights that it serves; another one is another request."""
    note: str | None = None
    """For people."""

    def find_address(self, name: str, model: str) -> Address | None:
        """Return where a model is served; None if the setting that holds the address is not set.

        ValueError with one line if it cannot be meant. A path of deployments and a version go into it.
        """
        text, where = self.base_url, f"models.yaml: services → {name} → base_url"
        if self.address is not None and (found := setting(self.address)) is not None:
            text, where = found.text, self.address
        if text is None:
            return None
        parsed = parse_address(text, where=where, example=self.base_url or EXAMPLE)
        url, query = parsed.url, parsed.query
        if self.deployments and "/deployments/" not in url and not url.endswith("/v1"):
            url = f"{url.removesuffix('/openai')}/openai/deployments/{model}"
        if self.api_version and not any(part == "api-version" for part, _ in query) and not url.endswith("/v1"):
            query = (*query, ("api-version", self.api_version))
        return Address(url, query, parsed.login)

    def kept(self, address: Address) -> str:
        """Return what stands for this service in keys, besides its name."""
        said = address.kept if self.speaks == "openai" else f"{address.kept} speaks {self.speaks}"
        if not self.headers:
            return said
        digest = hashlib.sha256(canonical_json(self.headers).encode()).hexdigest()[:_DIGITS]
        return f"{said} headers {digest}"
