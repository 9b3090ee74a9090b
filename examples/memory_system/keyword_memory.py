"""A memory system that remembers every turn and finds it by its rarest words: a complete example of the protocol."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from locomo.retrieval.memory import Memory
from locomo.schema import Session


def words(text: str) -> set[str]:
    """Return what is looked up: lower-case words without an ending 's'."""
    return {word.removesuffix("s") for word in re.findall(r"[a-z0-9]+", text.lower())}


class KeywordMemory:
    """Scores a turn by the words that it shares with a question, each by how rare it is among all turns."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another conversation begins."""
        self.memories: list[Memory] = []
        self.words: list[set[str]] = []
        self.turns_with: Counter[str] = Counter()

    def add_session(self, session: Session) -> None:
        """Remember each turn with its speaker and the day. Sessions come in chronological order."""
        for turn in session.turns:
            text = f"[{session.date}] {turn.speaker}: {turn.text_with_caption}"
            self.memories.append(Memory(text, dia_ids=(turn.dia_id,)))
            self.words.append(words(f"{turn.speaker} {turn.text_with_caption}"))
            self.turns_with.update(self.words[-1])

    def search(self, question: str, k: int) -> Sequence[Memory]:
        """Return the k memories that answer a question best, the best first."""
        asked = words(question)
        rarity = {
            word: math.log(1 + len(self.memories) / self.turns_with[word]) for word in asked & set(self.turns_with)
        }
        scores = [sum(rarity[word] for word in asked & found) for found in self.words]
        best = sorted(range(len(scores)), key=lambda number: -scores[number])
        return [self.memories[number] for number in best[:k]]
