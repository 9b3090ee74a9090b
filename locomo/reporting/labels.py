"""Room for names in drawings, which cannot measure text: letters are taken to be as wide as in a wide font."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

_LETTER: Final = 8.5
"""Width in SVG units at the size of labels, 13."""
_LONGEST: Final = 28
"""Letters of a label; of a longer one the rest is left out."""


def shortened(name: str) -> str:
    """Return a name as a label shows it."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def room(names: Iterable[str]) -> int:
    """Return the width of the longest label, in SVG units."""
    return math.ceil(_LETTER * max(len(shortened(name)) for name in names))
