"""The tokens of OpenAI's models, by their own vocabularies, which tiktoken fetches from the network once."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

LATEST = "o200k_base"
"""The vocabulary of models that tiktoken does not know yet."""
PATIENCE = 15.0
"""Seconds that a vocabulary (2 to 4 MB) may take: tiktoken itself would wait without end."""

log = logging.getLogger("locomo")


def count_tokens(text: str, model: str) -> int | None:
    """Return the exact number of tokens of a text; None where the model's vocabulary cannot be had."""
    encoding = _encoding(_name(model))
    return None if encoding is None else len(encoding.encode_ordinary(text))


@cache
def _name(model: str) -> str:
    from tiktoken.model import encoding_name_for_model

    try:
        return encoding_name_for_model(model)
    except KeyError:
        return LATEST


@cache
def _encoding(name: str) -> Encoding | None:
    """Load a vocabulary. Tried once, also where it fails: every prompt would wait for it otherwise."""
    import tiktoken

    loaded: list[Encoding] = []
    trouble = [f"nothing within {PATIENCE:g} seconds"]

    def load() -> None:
        try:
            loaded.append(tiktoken.get_encoding(name))
        except Exception as error:  # whatever requests, the disk and a broken file raise
            trouble[:] = [type(error).__name__]

    thread = threading.Thread(target=load, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    if loaded:
        return loaded[0]
    log.warning(
        "the vocabulary %s of OpenAI's models cannot be fetched (%s): tokens are estimated, and contexts hold a little "
        "less than fits; set TIKTOKEN_CACHE_DIR to a folder that has it",
        name,
        trouble[0],
    )
    return None
