"""Pictures from where the data says they are; by search where it says only what they show."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence

from locomo.captioning.addresses import IsAllowed, is_public
from locomo.captioning.fetch import PAUSE, DeadError, Fetcher, PutOffError, open_fetcher
from locomo.captioning.search import BingImages, SearchEngine
from locomo.captioning.shared import Found, SharedPicture
from locomo.captioning.store import ImageStore, Link
from locomo.errors import IncompleteError
from locomo.loops import run
from locomo.progress import Progress

log = logging.getLogger("locomo")


def download(
    pictures: Sequence[SharedPicture],
    store: ImageStore,
    *,
    is_allowed: IsAllowed = is_public,
    pause: float = PAUSE,
    open_engine: Callable[[], SearchEngine] = BingImages,
) -> dict[str, Found]:
    """Return what became of each picture, by id. What is in the store is not asked again; an engine is opened only if
    something is searched.

    IncompleteError where there is no network, or where servers want to be asked later; what was fetched is kept.
    """
    to_search = [each for each in pictures if _is_searched(each) and store.search(each.query or "") is None]
    engine = open_engine() if to_search else None
    return run(_download(pictures, store, is_allowed, pause, engine))


async def _download(
    pictures: Sequence[SharedPicture],
    store: ImageStore,
    is_allowed: IsAllowed,
    pause: float,
    engine: SearchEngine | None,
) -> dict[str, Found]:
    progress = Progress("pictures", len(pictures))
    failed_searches: dict[str, str] = {}

    async with open_fetcher(store, is_allowed=is_allowed, pause=pause) as fetcher:

        async def one(picture: SharedPicture) -> Found:
            try:
                if _is_searched(picture):
                    return await _by_query(picture.query or "", fetcher, store, engine, failed_searches)
                return await _first_that_works(picture.addresses, fetcher)
            finally:
                progress.step()

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(picture)) for picture in pictures]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            progress.close()
        await fetcher.close(known_good=(link for link in store.links() if link.facts is not None))
        put_off = [*fetcher.put_off.values(), *failed_searches.values()]
    if put_off:
        ((reason, _),) = Counter(put_off).most_common(1)
        raise IncompleteError(
            f"caption.images: {len(put_off)} images are unavailable for now, most often with {reason}; what was "
            "fetched is kept, run again later for the rest"
        )
    return {picture.id: task.result() for picture, task in zip(pictures, tasks, strict=True)}


def _is_searched(picture: SharedPicture) -> bool:
    return bool(picture.query) and not picture.addresses


async def _first_that_works(addresses: Sequence[str], fetcher: Fetcher) -> Found:
    """What an address gave, of several the first that gave a picture."""
    on_the_web = [address for address in addresses if address.lower().startswith(("http://", "https://"))]
    if not on_the_web:
        if not addresses:
            return Found("no address", reason="neither an address nor a search query")
        return Found("no address", source=addresses[0], reason="a path and no web address: images=folder reads those")
    link = Link(url="")
    for address in on_the_web:
        link = await fetcher.fetch(address)
        if link.facts is not None:
            return Found("found", file=fetcher.path(link.facts), facts=link.facts, source=address)
    return Found("dead", source=link.url, reason=link.reason)


async def _by_query(
    query: str, fetcher: Fetcher, store: ImageStore, engine: SearchEngine | None, failed: dict[str, str]
) -> Found:
    search = store.search(query)
    if search is None and engine is not None:
        try:
            page = await fetcher.page(engine.page(query))
        except (DeadError, PutOffError) as error:
            failed[query] = f"the search failed ({error})"
            return Found("dead", reason=failed[query])
        search = store.keep_search(query, engine.addresses(page))
    if search is None or not search.addresses:
        return Found("dead", reason="nothing was found for its query")
    return await _first_that_works(search.addresses, fetcher)
