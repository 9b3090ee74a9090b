"""The prompts of a run, for people to read: what stands around context and question, and how a question is put.

Contexts repeat in thousands of prompts, so a page that shows answers has them once, and the words around them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from locomo.prompts import load
from locomo.schema import Question
from locomo.tasks.protocol import Protocol

CONTEXT: Final = "{context}"
QUESTION: Final = "{question}"
_SPEAKERS: Final = {"speaker_a": "{speaker_a}", "speaker_b": "{speaker_b}"}


@dataclass(frozen=True, slots=True)
class Around:
    """The messages of a configuration with {speaker_a}, {speaker_b}, {context} and {question} left open."""

    system: str
    user: str


@dataclass(frozen=True, slots=True)
class ShownPrompts:
    """The prompts of one protocol; `seed` orders the options of category 5."""

    protocol: Protocol
    seed: int

    def around(self, task: str, unit: str | None) -> Around:
        """Return what a configuration says around its context and question."""
        own = task == "baseline" and unit == "no_memory"
        prompts = load("baselines") if own else self.protocol.prompts
        name = "no_memory" if own else "qa" if task == "qa" else "rag"
        fields = {"question": QUESTION} if own else {"context": CONTEXT, "question": QUESTION}
        return Around(prompts.fill(f"{name}_system", **_SPEAKERS), prompts.fill(f"{name}_user", **fields))

    def question(self, question: Question, question_id: str) -> list[str]:
        """Return the question as it is put: once, or once for each order of its options."""
        ways = self.protocol.ways(question, question_id, self.seed)
        return [self.protocol.question_text(question, put.options) for put in ways]
