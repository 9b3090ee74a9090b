"""Which turns are written, and what has been said until then."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from locomo.schema import Conversation, Session, Turn

LAST_SAID: Final = 2
"""Turns before the one that is written for which units are retrieved."""


@dataclass(frozen=True, slots=True)
class Place:
    """A turn that is to be written."""

    conversation: Conversation
    session: Session
    index: int
    """Of the turn in its session; never the first."""

    @property
    def turn(self) -> Turn:
        """What was really said."""
        return self.session.turns[self.index]

    @property
    def said(self) -> Sequence[Turn]:
        """The turns of the session before it."""
        return self.session.turns[: self.index]

    @property
    def other(self) -> str:
        """The one who is spoken to."""
        both = (self.conversation.speaker_a, self.conversation.speaker_b)
        return both[1] if self.turn.speaker == both[0] else both[0]

    @property
    def query(self) -> str:
        """What units are retrieved for: what was said last."""
        return "\n".join(f"{turn.speaker}: {turn.text_with_caption}" for turn in self.said[-LAST_SAID:])


def places(conversations: Sequence[Conversation], turns: int, seed: int) -> Iterator[Place]:
    """Yield up to so many places of each session in order, picked by the seed and the names of sample and session.

    Never the first turn of a session, and none without words. All conditions and models get the same places.
    """
    for conversation in conversations:
        for session in conversation.sessions:
            able = [index for index, turn in enumerate(session.turns) if index and turn.text.strip()]
            pick = random.Random(f"{seed}/{conversation.sample_id}/{session.number}")  # noqa: S311  (nothing secret)
            for index in sorted(pick.sample(able, min(turns, len(able)))):
                yield Place(conversation, session, index)
