"""References, which stand where a key would: `store://place#field` is fetched from a store when it is needed."""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
from dataclasses import dataclass
from typing import Any, Final, Never, Protocol

from locomo.errors import did_you_mean
from locomo.secrets.errors import SecretError

_REFERENCE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Store:
    """One kind of reference."""

    module: str
    """Has `fetch(place)`, which returns the secret's text; imported when it is used."""
    example: str
    place: str
    """A pattern of what stands after `://`."""
    package: str | None = None
    """What has to be installed, as it is imported."""
    extra: str = ""
    """How it is installed: `locomo-pipeline[<extra>]`."""


STORES: Final = {
    "aws-sm": Store(
        module="locomo.secrets.aws",
        example="aws-sm://name",
        place=r"[A-Za-z0-9/_+=.@:-]+",
        package="boto3",
        extra="aws-secrets",
    ),
    "gcp-sm": Store(
        module="locomo.secrets.gcp",
        example="gcp-sm://project/name",
        place=r"[a-z0-9:.-]+/[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)?",
        package="google.cloud.secretmanager",
        extra="gcp-secrets",
    ),
    "azure-kv": Store(
        module="locomo.secrets.azure",
        example="azure-kv://vault/name",
        place=r"[A-Za-z0-9.-]+/[A-Za-z0-9-]+(/[0-9a-f]{32})?",
        package="azure.keyvault.secrets",
        extra="azure-secrets",
    ),
    "file": Store(module="locomo.secrets.file", example="file:///run/secrets/name", place="/.+"),
}


class _Module(Protocol):
    def fetch(self, place: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret lies: no secret itself."""

    store: str
    place: str
    json_field: str | None

    def __str__(self) -> str:
        return f"{self.store}://{self.place}" + (f"#{self.json_field}" if self.json_field else "")

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """Return the reference that a text is, None where it is none; SecretError if it is one that cannot be meant."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return None
        scheme, (place, mark, json_field) = found[1], found[2].partition("#")
        if scheme not in STORES:
            known = ", ".join(f"{store}://" for store in STORES)
            # The rest is not shown: an address may hold a password.
            raise SecretError(f"found a reference {scheme}://…, expected one of {known}{did_you_mean(scheme, STORES)}")
        store = STORES[scheme]
        if not re.fullmatch(store.place, place) or (mark and not json_field):
            raise SecretError(f"found {text}, expected one like {store.example} or {store.example}#json-field")
        return cls(scheme, place, json_field or None)

    def fetch(self) -> str:
        """Return the secret; SecretError if it cannot be had."""
        store = STORES[self.store]
        if store.package is not None and not _installed(store.package):
            raise SecretError(f"{self.store}:// needs {store.package}: pip install 'locomo-pipeline[{store.extra}]'")
        module: _Module = importlib.import_module(store.module)
        try:
            text = module.fetch(self.place)
        except SecretError as error:
            raise SecretError(f"{self}: {error}") from None
        return self._field(text) if self.json_field else text

    def _field(self, text: str) -> str:
        try:
            value = json.loads(text)
        except ValueError:
            self._refuse("it is not JSON; leave out what follows the #")
        if not isinstance(value, dict):
            self._refuse("it is JSON, but no object; leave out what follows the #")
        fields: dict[str, Any] = value
        name = self.json_field or ""
        if not isinstance(fields.get(name), str):
            known = ", ".join(fields) or "none"
            self._refuse(f"it has no text in a field '{name}', but {known}{did_you_mean(name, fields)}")
        return str(fields[name])

    def _refuse(self, why: str) -> Never:
        # `from None`: what could not be parsed is the secret, and stands in the exception that json raises.
        raise SecretError(f"{self}: {why}") from None


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it lies in
        return False
