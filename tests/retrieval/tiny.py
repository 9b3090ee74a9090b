"""A conversation small enough to reckon with by hand, and vectors of words instead of a model's."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from locomo.retrieval.units import UNITS
from locomo.schema import Conversation, Observation, Session, Turn

WORDS = ("i", "my", "ann", "ben", "dog", "cat", "boat", "paint", "when", "name")


class WordVectors:
    """`Indexes` whose vectors count the words of `WORDS`."""

    name = "words"
    revision = "1"

    def vectors(self, conversation: Conversation, unit: str) -> np.ndarray:
        return self.encode([one.key for one in UNITS[unit](conversation)])

    def encode(self, questions: Sequence[str]) -> np.ndarray:
        found = [re.findall(r"\w+", text.lower()) for text in questions]
        return np.array([[text.count(word) for word in WORDS] for text in found], dtype=np.float32)


def turn(dia_id: str, speaker: str, text: str, **more: object) -> Turn:
    return Turn(dia_id=dia_id, speaker=speaker, text=text, **more)


def conversation(sample_id: str = "tiny", *, observed: bool = True, **changes: object) -> Conversation:
    """Two sessions of Ann and Ben."""
    fields = {
        "sample_id": sample_id,
        "speaker_a": "Ann",
        "speaker_b": "Ben",
        "sessions": [
            Session(
                number=1,
                date_time="1:56 pm on 8 May, 2023",
                turns=[
                    turn("D1:1", "Ann", "I have a dog and my dog barks at the boat."),
                    turn("D1:2", "Ben", "What is the name of your dog, and does it swim behind the boat?"),
                    turn("D1:3", "Ann", "Rex, and he hates water more than anything in the world."),
                ],
            ),
            Session(
                number=2,
                date_time="2:00 pm on 9 June, 2023",
                turns=[
                    turn("D2:1", "Ben", "My cat sleeps.", blip_caption="a cat on a sofa"),
                    turn("D2:2", "Ann", "I paint my fence."),
                ],
            ),
        ],
        "questions": [],
        "observations": [
            Observation(session=1, speaker="Ann", text="Ann has a dog called Rex.", dia_ids=("D1:1", "D1:3")),
            Observation(session=2, speaker="Ben", text="Ben has a cat.", dia_ids=("D2:1",)),
        ]
        if observed
        else [],
        "summaries": {1: "They talk about a dog.", 2: "They talk about a cat and a fence."},
        "raw_observation": {},
        "raw_event_summary": {},
        "conversation_extra": {},
        "extra": {},
    }
    return Conversation(**(fields | changes))
