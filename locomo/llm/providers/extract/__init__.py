"""Answers by rule to what memory systems ask of models: a stand-in for runs without a key, and no model.

What is extracted are the sentences of the dialogue as they stand in the prompt. A system runs for real with it, from
its first call to its last search; what it would make of a model's answers is not to be seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from locomo.llm.providers.extract import a_mem, graphiti, langmem, mem0, memos, simplemem
from locomo.llm.types import Request, ToolCall

Said = str | tuple[ToolCall, ...]
_RULES: Final[tuple[Callable[[Request], Said | None], ...]] = (
    graphiti.answer,
    a_mem.answer,
    mem0.answer,
    langmem.answer,
    simplemem.answer,
    memos.answer,
)


def answer(request: Request) -> Said | None:
    """Return what is said, or the functions to call; None if no system is known to ask like this."""
    return next((said for rule in _RULES if (said := rule(request)) is not None), None)
