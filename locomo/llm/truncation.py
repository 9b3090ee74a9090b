"""Prompts that a server cuts in silence, seen by the tokens that it says it has read."""

from __future__ import annotations

from typing import Final

from locomo.llm.catalog import PROVIDERS
from locomo.llm.identity import DEFAULTS
from locomo.llm.types import Request, Response

MOST_CHARACTERS_A_TOKEN: Final = 5.5
"""In a long text. English has 4 to 5, every other language fewer."""
LONG: Final = 4_000
"""Characters of a prompt from which on its tokens tell something."""
FEWEST_READ: Final = 256
"""Tokens. A server that says less counts only what it had not kept of an earlier prompt: none has so small a window."""


def cut_in_silence(request: Request, response: Response) -> bool:
    """Whether a server has read much less than it was sent, by its own count; what runs here cuts nothing."""
    if request.provider in PROVIDERS and request.provider not in DEFAULTS:
        return False
    characters = sum(len(message.content) for message in request.messages)
    if characters < LONG or response.input_tokens < FEWEST_READ:
        return False
    return characters / response.input_tokens > MOST_CHARACTERS_A_TOKEN
