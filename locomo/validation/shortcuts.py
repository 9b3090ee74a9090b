"""Work that Great Expectations repeats for each rule, done once. Nothing but time depends on it: half of a check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


@contextmanager
def shortcuts() -> Iterator[None]:
    """Check within this.

    - An expectation makes its configuration once: as it is, it makes one for each of its settings it looks up.
    - A metric is named by hashing its settings as JSON: names of plain settings are remembered.
    - A table is not hashed: nobody reads its fingerprint.
    """
    from great_expectations.core.id_dict import IDDict
    from great_expectations.execution_engine import pandas_execution_engine
    from great_expectations.expectations.expectation import Expectation

    configurations: dict[int, tuple[Any, Any]] = {}
    original: Any = Expectation.configuration

    def configuration(self: Any) -> Any:
        if id(self) not in configurations:
            configurations[id(self)] = self, original.fget(self)  # the object too, so that its id stays its own
        return configurations[id(self)][1]

    names: dict[str, Any] = {}
    name_of: Any = IDDict.to_id

    def to_id(self: Any, id_keys: Any = None, id_ignore_keys: Any = None) -> Any:
        if id_keys is not None or id_ignore_keys is not None or not all(map(_plain, self.values())):
            return name_of(self, id_keys, id_ignore_keys)
        known = f"{type(self).__name__} {self!r}"
        if known not in names:
            names[known] = name_of(self)
        return names[known]

    with (
        _replaced(Expectation, "configuration", property(configuration)),
        _replaced(IDDict, "to_id", to_id),
        _replaced(pandas_execution_engine, "hash_pandas_dataframe", lambda _: "not taken"),
    ):
        yield


@contextmanager
def _replaced(owner: Any, name: str, by: Any) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, by)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _plain(value: Any) -> bool:
    """Whether a value is what it reads as: of another object the text may hold an address, which others take over."""
    return type(value) in _PLAIN or (type(value) in {list, tuple} and all(map(_plain, value)))
