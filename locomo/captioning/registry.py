"""A captioner by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from locomo.captioning.captioner import Captioner
from locomo.captioning.names import BLIP, HF, RELEASED
from locomo.captioning.released import Released
from locomo.llm import Client, RequestCache


@contextmanager
def open_captioner(
    name: str, open_cache: Callable[[], RequestCache], open_client: Callable[[], AbstractContextManager[Client]]
) -> Iterator[Captioner]:
    """Open a captioner; the cache, or a client of the model that it names, is opened where it needs one.

    InputError or ProviderError if it cannot be used.
    """
    if name == RELEASED:
        yield Released()
    elif name == BLIP or name.startswith(HF):
        from locomo.captioning.blip import open_blip

        cache = open_cache()
        try:
            yield open_blip(name, cache)
        finally:
            cache.close()
    else:
        from locomo.captioning.vision import VisionCaptioner

        with open_client() as client:
            yield VisionCaptioner(client)
