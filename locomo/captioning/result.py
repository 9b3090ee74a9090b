"""What became of each picture: a row of data/captions.jsonl, and a turn with both captions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from locomo.captioning.captioner import Caption, Captioner
from locomo.captioning.shared import Found, SharedPicture
from locomo.schema import Conversation, Turn

Prefer = Literal["released", "made"]
_NONE = Caption(None)


@dataclass(frozen=True, slots=True)
class CaptionResult:
    """One picture with its captions."""

    picture: SharedPicture
    found: Found
    made: Caption
    captioner: str
    revision: str | None
    prefer: Prefer

    @property
    def caption(self) -> str | None:
        """The caption that later stages read: the other one where the preferred one is missing."""
        first, second = self.picture.released_caption, self.made.text
        if self.prefer == "made":
            first, second = second, first
        return second if first is None else first

    def row(self) -> dict[str, Any]:
        """Its captions, where they and it come from, and why something is missing."""
        picture, found = self.picture, self.found
        return {
            "id": picture.id,
            "sample_id": picture.sample_id,
            "dia_id": picture.dia_id,
            "caption": self.caption,
            "released": picture.released_caption,
            "made": self.made.text,
            "captioner": self.captioner,
            "revision": self.revision,
            "image": found.facts.sha256 if found.facts else None,
            "file": found.file.name if found.file else None,
            "source": found.source or (picture.addresses[0] if picture.addresses else None),
            "status": found.status,
            "error": found.reason or self.made.error,
        }

    def turn(self, turn: Turn) -> Turn:
        """Return its turn with both captions; as it was, if none was made."""
        if self.made.text is None:
            return turn
        released = self.picture.released_caption
        new: dict[str, Any] = {"blip_caption": self.caption} | ({"released_caption": released} if released else {})
        new |= {"made_caption": self.made.text, "captioner": self.captioner, "captioner_revision": self.revision}
        new["image_sha256"] = self.found.facts.sha256 if self.found.facts else None
        return turn.model_copy(update=new)


def join(
    pictures: Sequence[SharedPicture],
    found: Mapping[str, Found],
    made: Mapping[str, Caption],
    captioner: Captioner,
    prefer: Prefer,
) -> list[CaptionResult]:
    """Return what became of each picture, in their order."""
    return [
        CaptionResult(
            picture, found[picture.id], made.get(picture.id, _NONE), captioner.name, captioner.revision, prefer
        )
        for picture in pictures
    ]


def with_captions(conversations: Sequence[Conversation], results: Sequence[CaptionResult]) -> list[Conversation]:
    """Return the conversations with the made captions in their turns."""
    by_id = {result.picture.id: result for result in results}

    def turn(sample_id: str, old: Turn) -> Turn:
        result = by_id.get(f"{sample_id}:{old.dia_id}")
        return result.turn(old) if result else old

    return [
        conversation.model_copy(
            update={
                "sessions": [
                    session.model_copy(update={"turns": [turn(conversation.sample_id, old) for old in session.turns]})
                    for session in conversation.sessions
                ]
            }
        )
        for conversation in conversations
    ]


def count_images(results: Sequence[CaptionResult]) -> dict[str, int]:
    """Return how many pictures there are, how many could not be had, and how many captions were made.

    Nothing where no pictures are wanted.
    """
    asked = [result for result in results if result.found.status != "not asked"]
    if not asked:
        return {}
    return {
        "found": sum(result.found.status == "found" for result in asked),
        "dead": sum(result.found.status in ("dead", "missing") for result in asked),
        "no_address": sum(result.found.status == "no address" for result in asked),
        "different_files": len({result.found.facts.sha256 for result in asked if result.found.facts}),
        "made": sum(result.made.text is not None for result in asked),
    }
