"""A server that cuts prompts in silence is noticed by the tokens that it reports."""

from __future__ import annotations

import pytest

from locomo.llm import Message, Request, Response
from locomo.llm.truncation import cut_in_silence


@pytest.mark.parametrize(
    ("provider", "characters", "read", "cut"),
    [
        ("ollama", 12_305, 2_048, True),
        ("openai", 12_305, 2_048, True),
        ("ollama", 12_305, 2_900, False),  # English
        ("ollama", 12_305, 0, False),  # reports nothing
        ("ollama", 12_305, 40, False),  # reports only what it had not kept of the prompt before
        ("ollama", 3_000, 300, False),  # too short to tell
        ("mock", 12_305, 2_048, False),  # counts words
        ("gguf", 12_305, 2_048, False),
    ],
)
def test_a_prompt_was_cut_if_far_fewer_tokens_were_read(provider: str, characters: int, read: int, cut: bool) -> None:
    request = Request(provider, "m", (Message("user", "x" * characters),), 32)
    assert cut_in_silence(request, Response("Ruth", "m", read, 2)) == cut
