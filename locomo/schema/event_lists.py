"""What a judge of event summaries compares: the listed events of a speaker, and the annotated ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["predicted", "gold"]
SIDES: Final[tuple[Side, Side]] = ("predicted", "gold")


@dataclass(frozen=True, slots=True)
class Lists:
    """What one configuration says of a speaker, beside what is annotated."""

    sample_id: str
    configuration: str
    speaker: str
    predicted: tuple[str, ...]
    gold: tuple[str, ...]

    def of(self, side: Side) -> tuple[str, ...]:
        """Return one of both lists."""
        return self.predicted if side == "predicted" else self.gold
