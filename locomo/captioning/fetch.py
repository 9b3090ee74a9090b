"""Fetching pictures from anywhere without harm: to us by limits, to servers by patience. What was learnt is kept.

Of a host one thing is asked at a time, with a pause after it. An address whose server cannot be reached counts as dead
only where some other server did answer: else it is our network that is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

import aiohttp
from yarl import URL

from locomo.captioning.addresses import CheckedResolver, ForbiddenAddressError, IsAllowed, check_url, is_public
from locomo.captioning.image_format import MOST_BYTES, ImageFacts, NotAPictureError, inspect
from locomo.captioning.store import ImageStore, Link
from locomo.errors import IncompleteError
from locomo.llm.providers.headers import wait_seconds

AT_ONCE: Final = 16
"""Hosts that are asked at the same time, at most."""
PAUSE: Final = 0.5
"""Seconds that a host is left alone after each answer."""
TIMEOUT: Final = 60.0
"""Seconds that one answer may take, redirects not counted."""
TRIES: Final = 3
"""Of an address, and of a host that nobody answers at."""
DECODERS: Final = 2
"""Pictures that are decoded at the same time, at most: a large one takes 200 MB."""
MOST_REDIRECTS: Final = 5
MOST_WAIT: Final = 120.0
"""Seconds that we wait where a server asks us to; where it asks for more, it is left to another run."""
KNOWN_GOOD: Final = 3
"""Addresses that have answered before, which are asked whether there is a network."""
_FOR_NOW: Final = (408, 425, 429, 500, 502, 503, 504)
_ANYTHING: Final = ("application/octet-stream", "binary/octet-stream")

Kind = Literal["picture", "page"]


class DeadError(Exception):
    """An address that gives nothing, and would not tomorrow; the message is a reason in a few words."""


class _ForNowError(Exception):
    def __init__(
        self, reason: str, *, reached: bool, again: bool = True, connected: bool = True, wait: float | None = None
    ) -> None:
        super().__init__(reason)
        self.reached = reached
        """Whether a server answered at all."""
        self.again = again
        self.connected = connected
        self.wait = wait
        """Seconds that the server asks for."""


class PutOffError(Exception):
    """A server that wants to be asked later than we wait."""


@dataclass(slots=True)
class _Host:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    failures: int = 0
    """Times in a row that nobody was there."""
    given_up: Exception | None = None
    """Why it is not asked again in this run."""


class Fetcher:
    """Fetches into a store. `is_allowed` says which IP addresses may be connected to (for tests, which have loopback).

    To be used within `open_fetcher`.
    """

    def __init__(
        self,
        store: ImageStore,
        session: aiohttp.ClientSession,
        *,
        is_allowed: IsAllowed = is_public,
        pause: float = PAUSE,
    ) -> None:
        self.put_off: dict[str, str] = {}
        """Addresses that another run may have more luck with, and why."""
        self._store = store
        self._session = session
        self._is_allowed = is_allowed
        self._pause = pause
        self._hosts: dict[str, _Host] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._decoders = asyncio.Semaphore(DECODERS)
        self._flights: dict[str, asyncio.Task[Link]] = {}
        self._answered = False
        self._unproven: dict[str, str] = {}

    async def fetch(self, url: str) -> Link:
        """Return what an address gives, from the store where it is known. The same address is asked once."""
        if url not in self._flights:
            self._flights[url] = asyncio.create_task(self._fetch(url))
        return await self._flights[url]

    def path(self, facts: ImageFacts) -> Path:
        """Return where a fetched picture is."""
        return self._store.path(facts)

    async def page(self, url: str) -> bytes:
        """Return a page, which is not kept; DeadError or PutOffError if there is none."""
        try:
            return await self._patiently(url, "page")
        except _ForNowError as error:
            raise PutOffError(str(error)) from None

    async def close(self, *, known_good: Iterable[Link] = ()) -> None:
        """Settle what could not be reached.

        IncompleteError if nobody at all answered, not even what has answered before.
        """
        for link in list(known_good)[:KNOWN_GOOD] if self._unproven and not self._answered else ():
            with contextlib.suppress(DeadError, _ForNowError, PutOffError, NotAPictureError):
                await self._follow(link.url, "picture")
        if self._unproven and not self._answered:
            (url, reason), *_ = self._unproven.items()
            raise IncompleteError(
                f"caption.images: none of {len(self._unproven)} addresses could be reached ({url}: {reason}); is there "
                "a network without a proxy here? Run again where there is one, or set caption.images to none"
            )
        self._prove()

    async def _fetch(self, url: str) -> Link:
        if (known := self._store.link(url)) is not None:
            return known
        try:
            data = await self._patiently(url, "picture")
            async with self._decoders:
                facts = await asyncio.to_thread(inspect, data)
        except (DeadError, NotAPictureError) as error:
            return self._store.bury(url, str(error))
        except PutOffError as error:
            self.put_off[url] = str(error)
            return Link(url=url, reason=str(error))
        except _ForNowError as error:
            if error.reached:
                return self._store.bury(url, str(error))
            self._unproven[url] = str(error)
            if self._answered:
                self._prove()
            return Link(url=url, reason=str(error))
        return self._store.keep(url, facts, data)

    async def abandon(self) -> None:
        """Stop what is under way."""
        for flight in self._flights.values():
            flight.cancel()
        await asyncio.gather(*self._flights.values(), return_exceptions=True)

    def _prove(self) -> None:
        """There is a network: what cannot be reached is really gone."""
        self._answered = True
        for url, reason in self._unproven.items():
            self._store.bury(url, reason)
        self._unproven.clear()

    async def _patiently(self, url: str, kind: Kind) -> bytes:
        for attempt in range(1, TRIES + 1):
            try:
                return await self._follow(url, kind)
            except _ForNowError as error:
                if not error.again or attempt == TRIES:
                    raise
                if error.wait is None:
                    await asyncio.sleep(2.0**attempt)
        raise AssertionError("unreachable")

    async def _follow(self, url: str, kind: Kind) -> bytes:
        """Ask an address and those that it redirects to, each one checked as the first was."""
        asked = url
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._hop(asked, kind, redirected=asked != url)
            if isinstance(answer, bytes):
                return answer
            asked = answer
        raise DeadError(f"redirects more than {MOST_REDIRECTS} times")

    async def _hop(self, text: str, kind: Kind, *, redirected: bool) -> bytes | str:
        try:
            url = check_url(text, self._is_allowed)
        except ForbiddenAddressError as error:
            raise DeadError(f"redirects to {error}" if redirected else str(error)) from None
        host = self._hosts.setdefault(url.host or "", _Host())
        async with host.lock:
            if host.given_up is not None:
                raise host.given_up
            clock = asyncio.get_running_loop().time
            if (pause := host.free_at - clock()) > 0:
                await asyncio.sleep(pause)
            try:
                async with self._slots:
                    answer = await self._request(url, kind)
            except _ForNowError as error:
                if error.wait is not None and error.wait > MOST_WAIT:
                    host.given_up = PutOffError(f"{error}, and again in {error.wait:.0f} s at the earliest")
                    raise host.given_up from None
                host.free_at = clock() + max(self._pause, error.wait or 0.0)
                host.failures = 0 if error.connected else host.failures + 1
                if host.failures >= TRIES:
                    host.given_up = _ForNowError(str(error), reached=False, again=False)
                raise
            except BaseException:
                host.free_at = clock() + self._pause
                raise
            host.free_at = clock() + self._pause
            host.failures = 0
            return answer

    async def _request(self, url: URL, kind: Kind) -> bytes | str:
        """Return what one address says: a body, or the address that it redirects to."""
        reached = False
        try:
            async with self._session.get(url, allow_redirects=False) as answer:
                reached = True
                if not self._answered:
                    self._prove()
                if 300 <= answer.status < 400 and (location := answer.headers.get("Location")):
                    return str(url.join(URL(location)))
                if answer.status in _FOR_NOW:
                    raise _ForNowError(f"HTTP {answer.status}", reached=True, wait=wait_seconds(answer.headers))
                if answer.status != 200:
                    raise DeadError(f"HTTP {answer.status}")
                return await _body(answer, kind)
        except (aiohttp.InvalidURL, ValueError):
            raise DeadError("not a web address") from None
        except aiohttp.ClientConnectorDNSError as error:
            if isinstance(error.os_error, ForbiddenAddressError):
                raise DeadError(str(error.os_error)) from None
            raise _ForNowError("its host is not known", reached=False, connected=False) from None
        except (aiohttp.ClientSSLError, ssl.SSLError):
            raise _ForNowError("its certificate is not valid", reached=False, again=False) from None
        except (TimeoutError, aiohttp.ClientConnectorError) as error:
            connected = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
            reason = "no answer in time" if isinstance(error, TimeoutError) else "nobody answers there"
            raise _ForNowError(reason, reached=reached, connected=connected) from None
        except aiohttp.ClientConnectionError:
            raise _ForNowError("the connection broke", reached=reached) from None
        except aiohttp.ClientPayloadError:
            raise _ForNowError("the answer was cut off", reached=True) from None
        except aiohttp.ClientError as error:
            raise DeadError(f"no HTTP that we understand ({type(error).__name__})") from None


async def _body(answer: aiohttp.ClientResponse, kind: Kind) -> bytes:
    if kind == "picture" and not (answer.content_type.startswith("image/") or answer.content_type in _ANYTHING):
        raise DeadError(f"not a picture but {answer.content_type}")
    too_large = DeadError(f"larger than {MOST_BYTES // 2**20} MB")
    if (answer.content_length or 0) > MOST_BYTES:
        raise too_large
    data = bytearray()
    async for chunk in answer.content.iter_chunked(2**16):
        data += chunk
        if len(data) > MOST_BYTES:
            raise too_large
    return bytes(data)


@asynccontextmanager
async def open_fetcher(
    store: ImageStore, *, is_allowed: IsAllowed = is_public, pause: float = PAUSE, timeout: float = TIMEOUT
) -> AsyncIterator[Fetcher]:
    """Open a fetcher with connections of its own: no proxy, no cookies, nothing compressed, no name unchecked."""
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=CheckedResolver(is_allowed), use_dns_cache=False, limit=AT_ONCE),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=timeout / 4, sock_read=timeout / 3),
        headers={
            "User-Agent": f"locomo-pipeline/{version('locomo-pipeline')} (captions for a benchmark; one at a time)",
            "Accept": "image/jpeg, image/png, image/webp, image/gif, text/html;q=0.5",
            "Accept-Encoding": "identity",
        },
        auto_decompress=False,
        trust_env=False,
    )
    async with session:
        fetcher = Fetcher(store, session, is_allowed=is_allowed, pause=pause)
        try:
            yield fetcher
        finally:
            await fetcher.abandon()
