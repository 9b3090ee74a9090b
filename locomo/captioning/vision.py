"""Captions by models that see, through the LLM layer: cached, limited and paid for like any call."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Final

from locomo.captioning.captioner import Caption, ImageFile, one_line
from locomo.errors import IncompleteError
from locomo.llm import Client, Image, Message, Outcome, Provider, Request
from locomo.progress import Progress
from locomo.prompts import Prompts, load

SIDE: Final = 1_024
"""Pixels of the longer side of what is sent."""
MOST_TOKENS: Final = 1_024
"""Of an answer. A caption has about twenty; models that think before they answer need the rest."""


class VisionCaptioner:
    """A `Captioner` that is a model of the LLM layer."""

    def __init__(self, client: Client) -> None:
        provider = client.provider
        self.name = f"{provider.name}/{provider.model}"
        self._client = client
        self._prompts = load("caption")
        self.revision = " ".join(filter(None, (provider.revision, self._prompts.version)))

    def caption(self, images: Sequence[ImageFile]) -> list[Caption]:
        """See `Captioner`. A refusal is the reason why there is no caption."""
        requests = caption_requests(images, self._client.provider, self._prompts)
        outcomes = asyncio.run(self._ask(requests))
        if failed := [outcome.error for outcome in outcomes if outcome.transient]:
            ((reason, _),) = Counter(failed).most_common(1)
            raise IncompleteError(
                f"{len(failed)} of {len(outcomes)} captions failed for now, most often with {reason}; all captions "
                "received are kept, and running again asks only for the rest"
            )
        return [
            Caption(one_line(outcome.response.text)) if outcome.response else Caption(None, outcome.error)
            for outcome in outcomes
        ]

    async def _ask(self, requests: list[Request]) -> list[Outcome]:
        tally = self._client.tally
        progress = Progress("captions", len(requests), lambda: f"{tally.hits} from the cache")
        try:
            return await self._client.ask_all(requests, progress.step)
        finally:
            progress.close()
            await self._client.provider.close()


def caption_requests(images: Sequence[ImageFile], provider: Provider, prompts: Prompts) -> list[Request]:
    """Return what is sent for each picture."""
    return [
        Request(
            provider=provider.name,
            model=provider.model,
            revision=provider.revision,
            messages=(
                Message("system", prompts.fill("system")),
                Message("user", prompts.fill("user"), images=(_shown(image),)),
            ),
            max_tokens=MOST_TOKENS,
        )
        for image in images
    ]


def _shown(image: ImageFile) -> Image:
    return Image(image.facts.sha256, image.facts.media_type, side=SIDE, path=image.path)
