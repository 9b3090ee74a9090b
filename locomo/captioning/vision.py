"""Captions by models that see, through the LLM layer: cached, limited and paid for like any call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from locomo.captioning.captioner import Caption, ImageFile, one_line
from locomo.llm import Client, Image, Message, Provider, Request, addressed
from locomo.llm.run_requests import run_requests
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
        tally = self._client.tally
        progress = Progress("captions", len(requests), lambda: f"{tally.hits} from the cache")
        outcomes = run_requests(self._client, requests, progress, what="captions", kept="all captions received")
        return [
            Caption(one_line(outcome.response.text)) if outcome.response else Caption(None, outcome.error)
            for outcome in outcomes
        ]


def caption_requests(images: Sequence[ImageFile], provider: Provider, prompts: Prompts) -> list[Request]:
    """Return what is sent for each picture."""
    return [
        Request(
            **addressed(provider),
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
