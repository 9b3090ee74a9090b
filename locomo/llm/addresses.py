"""The address of a service: what is called, and what of it may be shown and kept, which is never a credential."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

PUBLIC: Final = ("api-version", "api_version")
"""Parts of a query that are no secret and determine the answer. Any other part may be a key."""

_LOGIN = re.compile(r"//[^/?#]*@")
_QUERY = re.compile(r"[?#].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its parts. What is secret does not stand in its repr."""

    url: str
    """Scheme, host, port and path without a slash at the end: for messages, logs and keys."""
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    login: str = field(default="", repr=False)
    """`user:password`, empty if there is none."""

    @property
    def called(self) -> str:
        """The address that calls begin with: with the login, without the query."""
        return self.url.replace("://", f"://{self.login}@", 1) if self.login else self.url

    @property
    def kept(self) -> str:
        """What stands for the address in keys: with the public parts of the query."""
        public = [(name, value) for name, value in self.query if name in PUBLIC]
        return f"{self.url}?{urlencode(public)}" if public else self.url

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be shown."""
        password = self.login.partition(":")[2]
        values = [value for name, value in self.query if name not in PUBLIC]
        return tuple(filter(None, [self.login, password, *values]))

    @property
    def host(self) -> str:
        """The host's name, in lower case."""
        return urlsplit(self.url).hostname or ""


def parse_address(text: str, *, where: str, example: str) -> Address:
    """Parse an address; ValueError with one line that names `where` it stands and shows no credential."""
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, a bracket that is not closed
        usable = False
    if not usable or any(not sign.isprintable() or sign.isspace() for sign in text.strip()):
        raise ValueError(f"{where} is '{_shown(text)}', expected one like {example}")
    login, _, place = parts.netloc.rpartition("@")
    return Address(
        url=f"{parts.scheme}://{place}{parts.path}".rstrip("/"),
        query=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        login=login,
    )


def _shown(text: str) -> str:
    return _QUERY.sub("?…", _LOGIN.sub("//…@", " ".join(text.split())))
