"""Two configurations that are compared with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

ARROW: Final = " → "
"""Between the names of two configurations that are compared with each other."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A configuration, and the one that it is compared with: the same but where asked otherwise."""

    before: str
    after: str

    @property
    def name(self) -> str:
        """Both names, or the one that they share."""
        return self.before if self.before == self.after else f"{self.before}{ARROW}{self.after}"
