"""How often Python looks for garbage."""

from __future__ import annotations

import gc


def few_collections() -> None:
    """Look for garbage seldom: most objects live as long as the process does, and looking is a sixth of its time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
