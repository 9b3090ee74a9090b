"""Addresses of pictures for a search query, by what icrawler knows of Bing: how to ask, and how to read the answer.

Nothing is loaded by icrawler itself: pages and pictures come through our own fetcher, and so within its limits.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import SimpleNamespace
from typing import Any, Final, Protocol
from urllib.parse import quote_plus

from locomo.errors import InputError

FILTERS: Final = {"type": "photo", "license": "creativecommons"}
MOST_ADDRESSES: Final = 5
"""Of a query, tried one after the other until one gives a picture."""
_BING: Final = "https://www.bing.com"


class SearchEngine(Protocol):
    """Where pictures are searched."""

    def page(self, query: str) -> str:
        """Return the address of the first page of results."""
        ...

    def addresses(self, page: bytes) -> list[str]:
        """Return the addresses of pictures that a page lists, the best first."""
        ...


class BingImages:
    """Bing's pictures with a Creative Commons licence. InputError where icrawler is not installed."""

    def __init__(self, base: str = _BING) -> None:
        if importlib.util.find_spec("icrawler") is None:
            raise InputError(
                "caption.images: download: some images have a search query and no address, and icrawler, which "
                "searches, is not installed: pip install icrawler"
            )
        bing: Any = importlib.import_module("icrawler.builtin.bing")
        signal = importlib.import_module("icrawler.utils").Signal()
        self._feeder = bing.BingFeeder(1, signal, None)
        self._parser = bing.BingParser(1, signal, None)
        self._base = base

    def page(self, query: str) -> str:
        """See `SearchEngine`."""
        self._feeder.feed(quote_plus(query), offset=0, max_num=1, filters=FILTERS)
        address = str(self._feeder.out_queue.get_nowait())
        return self._base + address.removeprefix(_BING)

    def addresses(self, page: bytes) -> list[str]:
        """See `SearchEngine`."""
        found: list[str] = []
        try:
            for each in self._parser.parse(SimpleNamespace(content=page)):
                found.append(str(each["file_url"]))
        except (AttributeError, KeyError, TypeError):  # a page of another shape
            pass
        return list(dict.fromkeys(found))[:MOST_ADDRESSES]
