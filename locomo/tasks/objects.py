"""JSON objects among the words of a model: thoughts and fences stand around them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """Yield every JSON object in a text, in order; not those that are part of another."""
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        end = place + 1
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            pass
        else:
            yield value
        place = text.find("{", end)
