"""The pictures that speakers share, and what was found of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from locomo.captioning.image_format import ImageFacts
from locomo.schema import Conversation, Turn

Status = Literal["found", "dead", "missing", "no address", "not asked"]
"""`dead`: its address gives no picture; `missing`: the user's folder has none; `not asked`: pictures are not wanted."""


@dataclass(frozen=True, slots=True)
class SharedPicture:
    """What a turn says of the picture that it shares."""

    sample_id: str
    dia_id: str
    addresses: tuple[str, ...]
    """`img_url`; LoCoMo never has more than one."""
    query: str | None
    released_caption: str | None

    @property
    def id(self) -> str:
        """Its name, the same in every run."""
        return f"{self.sample_id}:{self.dia_id}"


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one picture."""

    status: Status
    file: Path | None = None
    facts: ImageFacts | None = None
    source: str | None = None
    """The address, or the user's file, that it came from or should have come from."""
    reason: str | None = None
    """Why there is none."""


def shared_pictures(conversations: Sequence[Conversation]) -> list[SharedPicture]:
    """Return the pictures of all turns that share one, in the order of the conversations."""
    return [
        SharedPicture(
            sample_id=conversation.sample_id,
            dia_id=turn.dia_id,
            addresses=tuple(turn.img_url or ()),
            query=turn.query,
            released_caption=_released(turn),
        )
        for conversation in conversations
        for turn in conversation.turns
        if turn.shares_image or turn.query
    ]


def _released(turn: Turn) -> str | None:
    """The caption that came with the data, also where this stage has read its own output."""
    extra = turn.model_extra or {}
    if "made_caption" in extra:
        released = extra.get("released_caption")
        return released if isinstance(released, str) else None
    return turn.blip_caption
