"""What an agent remembers beyond its prompt: observations of past sessions, found by what is being said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from locomo.retrieval.encoder import Encoder, Vectors
from locomo.schema import Observation

ALIKE = 4
"""Decimals of a similarity: what another CPU computes in the last digits must not change what is remembered."""


@dataclass(frozen=True, slots=True)
class Memory:
    """An observation and the day it is from, as it is written."""

    observation: Observation
    date: str


class LongTermMemory:
    """The observations of one conversation, which both agents were part of."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._memories: list[Memory] = []
        self._vectors: list[Vectors] = []

    def add(self, memories: Sequence[Memory]) -> None:
        """Take up the observations of a session."""
        if memories:
            self._memories.extend(memories)
            self._vectors.append(self._encoder.encode([each.observation.text for each in memories], side="passage"))

    def recall(self, about: str, k: int) -> list[Memory]:
        """Return the k memories most like a text, in the order of their age."""
        if not self._memories or not about:
            return []
        query = self._encoder.encode([about], side="query")[0]
        alike = np.round(np.concatenate(self._vectors) @ query, ALIKE)
        best = np.argsort(-alike, kind="stable")[:k]
        return [self._memories[place] for place in sorted(best)]
