"""What the parameters of a run say about an output, so that an output which lacks it, or has more, is noticed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be there according to the parameters; None where they say nothing about it."""

    configurations: tuple[str, ...] | None = None
    """Of predictions: what was asked, such as 'rag_dialog_k5'. Empty: no row at all."""
    units: tuple[str, ...] | None = None
    """Of rankings: the kinds of units that were ranked."""
    approximate: bool = False
    """Of rankings: whether the search may find fewer units than there are."""
    protocol: str | None = None
    """Of predictions: the protocol of every row."""

    systems: tuple[str, ...] | None = None
    """Of stores and memories: the memory systems that have a store."""
    most: int | None = None
    """Of memories: how many a search may have."""

    encoder: str | None = None
    """Of indexes: whose vectors they hold."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values: equal values mean equal rules."""
        return asdict(self)


NOTHING = Expected()
"""For files whose parameters are unknown."""
