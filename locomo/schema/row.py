"""What rows have in common of which a run has tens of thousands: they hold what is the same in them once."""

from __future__ import annotations

import sys
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict

_NAMES: dict[frozenset[str], set[str]] = {}


@cache
def _blank(names: tuple[str, ...]) -> dict[str, Any]:
    """Return the attributes of an object of a class of its own: Python keeps their names apart from their values (PEP
    412), and copies share them.
    """
    made: Any = type("Blank", (), {})()
    for name in names:
        setattr(made, name, None)
    return dict.copy(vars(made))


def _once(text: str) -> str:
    return sys.intern(str(text))  # a text of NumPy's is a `str` and none that can be interned


Repeated = Annotated[str, AfterValidator(_once)]
"""Text that many rows have: the id of a turn, the name of a model."""


class Row(BaseModel):
    """A frozen model. The names of its fields, and of those that were given, which pydantic keeps with each, are held
    once for all: a score of 22 fields takes 296 bytes beside its values, of 832.
    """

    model_config = ConfigDict(frozen=True)

    def model_post_init(self, _: Any) -> None:
        """See pydantic, which copies the set before it changes it."""
        given = self.model_fields_set
        object.__setattr__(self, "__pydantic_fields_set__", _NAMES.setdefault(frozenset(given), given))
        values = _blank(tuple(self.__dict__)).copy()
        values.update(self.__dict__)
        object.__setattr__(self, "__dict__", values)
