"""Why a server cannot be reached, by its cause: the name, the port, a proxy, or TLS."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

_DNS: Final = re.compile(
    r"name or service not known|name resolution|getaddrinfo|nodename nor servname|no address associated|NameResolution",
    re.IGNORECASE,
)
_REFUSED: Final = re.compile(r"refused|errno 111|errno 61\b|connect call failed", re.IGNORECASE)
_TLS: Final = re.compile(r"certificate|SSLError|\[SSL|wrong version number|handshake", re.IGNORECASE)
_NO_CONNECTION: Final = re.compile(
    r"cannot connect|ConnectTimeout|connection timeout to host|unreachable|all connection attempts failed|"
    r"max retries exceeded|NewConnectionError|tunnel connection failed|ProxyError|ProxyConnectionError",
    re.IGNORECASE,
)
_DROPPED: Final = re.compile(r"server disconnected|RemoteDisconnected", re.IGNORECASE)
_MARKS: Final = re.compile(r" ?(\[Errno [^\]]*\]|0x[0-9a-f]+)")


def cause_of(error: BaseException, url: str) -> str | None:
    """Return why no connection was made to a server, in one line; None if one was made and the trouble came later."""
    chain = list(_chain(error))
    said = " ".join(f"{type(link).__name__} {link}" for link in chain)
    if _DROPPED.search(said):  # one of the libraries takes it for a connection that was never made
        return None
    through = proxy_of(url)
    by = f" through the proxy of {through[0]}, {through[1]}" if through else ""
    if any(isinstance(link, ssl.SSLError) for link in chain) or (_TLS.search(said) and _never_connected(chain, said)):
        reason = next((str(link) for link in chain if isinstance(link, ssl.SSLError) and str(link)), str(error))
        return f"{url}: TLS fails{by}: {_MARKS.sub('', ' '.join(reason.split()))}"
    if any(isinstance(link, socket.gaierror) for link in chain) or _DNS.search(said):
        name = through[1] if through else urlsplit(url).hostname
        return f"{url}: the name {name} cannot be resolved (DNS){by}; is it right, and is there a network?"
    return f"{url}: {_no_connection(chain, said, by)}" if _never_connected(chain, said) else None


def _no_connection(chain: list[BaseException], said: str, by: str) -> str:
    if by:
        return f"cannot be reached{by}; is the proxy right, and running?"
    if any(isinstance(link, ConnectionRefusedError) for link in chain) or _REFUSED.search(said):
        return "the connection is refused; is the server running there?"
    return "cannot be reached; is the address right, and is there a network?"


def proxy_of(url: str) -> tuple[str, str] | None:
    """Return the variable that names the proxy for an address, and the proxy's host; None if there is none for it."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    for name in (f"{parts.scheme}_proxy", "all_proxy"):
        for variable in (name.upper(), name):
            if value := os.environ.get(variable):
                place = value.partition("://")[2] or value
                return variable, place.rpartition("@")[2].rstrip("/")
    return None


def _never_connected(chain: list[BaseException], said: str) -> bool:
    return any(isinstance(link, ConnectionRefusedError) for link in chain) or bool(_NO_CONNECTION.search(said))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those it came from, and what libraries keep inside of them."""
    todo, seen = [error], set[int]()
    while todo:
        link = todo.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            todo += [link.__cause__, link.__context__, getattr(link, "reason", None), getattr(link, "os_error", None)]
            todo += [part for part in link.args if isinstance(part, BaseException)]
