"""Whether a conversation says what a sentence says: the sentence beside the turns that share most words with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from math import log
from typing import Final

from locomo.schema import Conversation
from locomo.scoring.events.matching import Encode
from locomo.scoring.f1 import stems

CANDIDATES: Final = 3
"""Turns that are looked at, those with the most and rarest words in common."""
THRESHOLD: Final = 0.45
"""Cosine from which on a turn is taken to support a sentence: measured in docs/benchmarks.md."""


class Support:
    """One conversation in which support is looked for."""

    def __init__(self, conversation: Conversation, encode: Encode) -> None:
        self._encode = encode
        self._texts = [f"{turn.speaker}: {turn.text_with_caption}" for turn in conversation.turns]
        self._where: dict[str, set[int]] = {}
        for place, text in enumerate(self._texts):
            for word in stems(text):
                self._where.setdefault(word, set()).add(place)

    def of(self, sentences: Sequence[str]) -> list[float]:
        """Return the cosine of each sentence and the nearest of its candidates; 0 where it shares no word with any."""
        candidates = [self._candidates(sentence) for sentence in sentences]
        texts = sorted({self._texts[place] for places in candidates for place in places})
        if not texts:
            return [0.0] * len(sentences)
        vectors = dict(zip(texts, self._encode(texts), strict=True))
        found = []
        for vector, places in zip(self._encode(list(sentences)), candidates, strict=True):
            found.append(max((float(vectors[self._texts[place]] @ vector) for place in places), default=0.0))
        return [round(value, 6) for value in found]

    def _candidates(self, sentence: str) -> list[int]:
        shared: defaultdict[int, float] = defaultdict(float)
        for word in sorted(set(stems(sentence))):
            places = self._where.get(word, ())
            weight = log(len(self._texts) / len(places)) if places else 0.0
            for place in places:
                shared[place] += weight
        best = sorted(shared.items(), key=lambda item: (-item[1], item[0]))
        return [place for place, weight in best[:CANDIDATES] if weight > 0]
