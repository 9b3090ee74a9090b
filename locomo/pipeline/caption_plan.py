"""What the caption stage would ask a model that sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from locomo.captioning.captioner import ImageFile
from locomo.captioning.image_format import facts_of
from locomo.captioning.names import INDEX, is_local
from locomo.captioning.shared import shared_pictures
from locomo.captioning.vision import caption_requests
from locomo.files import read_json
from locomo.llm import Provider, Request
from locomo.llm.images import check_sight
from locomo.pipeline.models import open_whole
from locomo.pipeline.params import Params
from locomo.prompts import load
from locomo.schema import Conversation

IMAGES: Final = Path("data/images")


@dataclass(frozen=True, slots=True)
class CaptionPlan:
    """Requests for the captions of a run; a note where the pictures are not here yet."""

    provider: Provider
    requests: list[Request]
    note: str


def plan_captions(params: Params, conversations: Sequence[Conversation]) -> CaptionPlan | None:
    """Return what would be asked; None where captions are made here. ProviderError if the model sees no pictures."""
    name = params.caption.captioner
    if is_local(name):
        return None
    provider = open_whole(name, to_ask=False)
    check_sight(provider)
    listed: dict[str, str] = read_json(IMAGES / INDEX) if (IMAGES / INDEX).is_file() else {}
    ids = [picture.id for picture in shared_pictures(conversations)]
    here = list(dict.fromkeys(listed[each] for each in ids if each in listed))
    note = ""
    if not here:  # one of no picture, as often as there may be pictures
        here = [f"{number:064x}.jpg" for number, _ in enumerate(ids)]
        note = "data/images has none of its images yet: the plan assumes that all are found and none is cached"
    files = [ImageFile(IMAGES / name, facts_of(name)) for name in here]
    return CaptionPlan(provider, caption_requests(files, provider, load("caption")), note)
