"""What rows have in common of which a run has tens of thousands: they hold what is the same in them once."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

_NAMES: dict[frozenset[str], set[str]] = {}


def _once(text: str) -> str:
    return sys.intern(str(text))  # a text of NumPy's is a `str` and none that can be interned


Repeated = Annotated[str, AfterValidator(_once)]
"""Text that many rows have: the id of a turn, the name of a model."""


class Row(BaseModel):
    """A frozen model. The names of the fields that were given, which pydantic keeps with each, are one set for all."""

    model_config = ConfigDict(frozen=True)

    def model_post_init(self, _: Any) -> None:
        """See pydantic, which copies the set before it changes it."""
        given = self.model_fields_set
        object.__setattr__(self, "__pydantic_fields_set__", _NAMES.setdefault(frozenset(given), given))
