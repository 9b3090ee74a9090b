"""The captioner `released`: keeps the captions that came with the data, and what lacks one is counted."""

from __future__ import annotations

from collections.abc import Sequence

from locomo.captioning.captioner import Caption, ImageFile
from locomo.schema import Conversation


class Released:
    """A `Captioner` that makes no captions, so that the released ones are all there are."""

    name = "released"
    revision = None

    def caption(self, images: Sequence[ImageFile]) -> list[Caption]:
        """See `Captioner`."""
        return [Caption(None) for _ in images]


def count_captions(conversations: Sequence[Conversation]) -> dict[str, int]:
    """Return how many turns share an image, with a caption, without one, and with a caption but no link."""
    turns = [turn for conversation in conversations for turn in conversation.turns if turn.shares_image]
    return {
        "images": len(turns),
        "captioned": sum(turn.blip_caption is not None for turn in turns),
        "uncaptioned": sum(turn.blip_caption is None for turn in turns),
        "without_link": sum(not turn.img_url for turn in turns),
    }
