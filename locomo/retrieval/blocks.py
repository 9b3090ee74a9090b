"""Dividing texts into blocks that are computed at once: texts of one length, up to so many tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

FEWEST_TOKENS: Final = 16
"""Blocks with fewer are filled up with copies: the matrices of one, two or three tokens are summed in another order."""


def equal_blocks(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Return the positions of texts in blocks, longest first; a text longer than the budget is alone.

    All of a block have the same number of tokens. Padding is computed like text and, through the mask it needs, changes
    the last bits of the vectors beside it: a block without any gives each text the vector that it has alone.
    """
    blocks: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda place: (-lengths[place], place)):
        length = lengths[place]
        if not blocks or lengths[blocks[-1][0]] != length or (len(blocks[-1]) + 1) * length > budget:
            blocks.append([])
        blocks[-1].append(place)
    return blocks
