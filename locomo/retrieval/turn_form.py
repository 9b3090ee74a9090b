"""What the form of a turn says of it before it is compared with any question."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from locomo.retrieval.scores import Scores
from locomo.schema import Conversation


@dataclass(frozen=True, slots=True)
class TurnForm:
    """Numbers for each turn of a conversation, of shape (1, turns), to be added to scores of (questions, turns)."""

    asks: Scores
    """1 where it has a question mark, else 0."""
    log_length: Scores
    """The natural logarithm of its words and one."""
    image: Scores
    """1 where it shares an image, else 0."""

    @classmethod
    def of(cls, conversation: Conversation) -> TurnForm:
        """Look at every turn."""
        turns = list(conversation.turns)
        return cls(
            np.array([[float("?" in turn.text) for turn in turns]]),
            np.log1p([[len(turn.text.split()) for turn in turns]]),
            np.array([[float(turn.shares_image) for turn in turns]]),
        )
