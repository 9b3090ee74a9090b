"""Which addresses may be asked: public ones, over HTTP. What is checked is what is connected to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IsAllowed = Callable[[IpAddress], bool]

_NAT64: Final = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_LONGEST: Final = 8_000
"""Characters of an address."""


class ForbiddenAddressError(OSError):
    """An address that must not be asked; the message is a reason in a few words."""


def is_public(address: IpAddress) -> bool:
    """Whether an address belongs to the internet: not to this machine, its network, or the services beside it.

    IPv6 addresses that carry one of IPv4 are as public as that is.
    """
    if isinstance(address, ipaddress.IPv6Address):
        teredo = address.teredo[1] if address.teredo else None
        nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if any(address in net for net in _NAT64) else None
        for inner in (address.ipv4_mapped, address.sixtofour, teredo, nat64):
            if inner is not None and not is_public(inner):
                return False
        if address.ipv4_mapped is not None:
            return True
    return address.is_global and not address.is_multicast


def check_url(text: str, is_allowed: IsAllowed) -> URL:
    """Return an address that may be asked, unless its name turns out to be a forbidden one when it is looked up.

    ForbiddenAddressError for all others.
    """
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        raise ForbiddenAddressError("not a web address") from None
    if url.scheme not in ("http", "https") or not host or port is None or len(text) > _LONGEST:
        raise ForbiddenAddressError("not a web address")
    if url.user is not None or url.password is not None:
        raise ForbiddenAddressError("a web address with a password")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return url
    if not is_allowed(address):
        raise ForbiddenAddressError(f"an address of a private network ({host})")
    return url


class CheckedResolver(AbstractResolver):
    """Looks names up, and gives out nothing unless all that a name stands for may be asked.

    The connection is made to the very addresses that it returns, so that a name cannot mean another one a moment later.
    """

    def __init__(self, is_allowed: IsAllowed, inner: AbstractResolver | None = None) -> None:
        self._is_allowed = is_allowed
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a name; ForbiddenAddressError if one of them is none to ask."""
        found: Any = await self._inner.resolve(host, port, family)
        for each in found:
            if not self._is_allowed(ipaddress.ip_address(each["host"].partition("%")[0])):
                raise ForbiddenAddressError(f"an address of a private network ({host} is {each['host']})")
        return list(found)

    async def close(self) -> None:
        """Close what is inside."""
        await self._inner.close()
