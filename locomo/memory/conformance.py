"""What `locomo memory check` found, kept with a hash of what was checked: it says nothing of other code or settings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from locomo.errors import InputError
from locomo.files import canonical_json, pretty_json, read_json, write_text
from locomo.memory.messages import PROTOCOL

Outcome = Literal["kept", "lost", "not applicable"]
VERSION: Final = 1
"""Of the scripted life and the rules that judge it. Raise it where a system would be judged otherwise than before."""
CHECKS: Final = Path("data/memory_checks.json")
"""The checks of a project's own systems."""
SHIPPED: Final = Path(__file__).with_name("checks.json")
"""The checks of the shipped systems."""
_DIGITS: Final = 16


class Checked(BaseModel):
    """The outcome of one check."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As the system's rows are called."""
    profile: str | None = None
    """Of a shipped system, the profile of its settings."""
    system: str
    """A hash of what determines the system, its settings and the check."""
    models: str
    """A hash of the models that it was given."""
    model: str
    embedder: str
    outcomes: dict[str, Outcome]
    """By property."""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What a newer check with the same replaces this one."""
        return (self.name, self.profile or "", self.model, self.embedder)


Conformance = Mapping[str, Checked | None]
"""By name of a system; None for one that was not checked as it is now."""
_ROWS: Final = TypeAdapter(list[Checked])


def system_hash(identity: Mapping[str, Any]) -> str:
    """Return the hash of a system and its settings; `identity` is as `store_identities` has it."""
    return _hash({"check": VERSION, "protocol": PROTOCOL, "system": identity["system"]})


def models_hash(identity: Mapping[str, Any]) -> str:
    """Return the hash of the models that a system is given."""
    return _hash({name: identity.get(name) for name in ("model", "embedder")})


def read_checks(path: Path) -> list[Checked]:
    """Return the checks in a file, none if it is not there; InputError if it cannot be read."""
    if not path.is_file():
        return []
    try:
        return _ROWS.validate_python(read_json(path))
    except ValidationError as error:
        first = error.errors()[0]
        place = " → ".join(map(str, first["loc"]))
        raise InputError(f"{path}: {place}: {first['msg']}; delete the row, and check the system again") from None


def record(path: Path, new: Iterable[Checked]) -> None:
    """Write checks to a file, in the place of those that they replace."""
    rows = {row.place: row for row in [*read_checks(path), *new]}
    write_text(path, pretty_json([rows[place].model_dump(exclude_none=True) for place in sorted(rows)]))


def conformance(identities: Mapping[str, Mapping[str, Any]], checks: Sequence[Checked]) -> dict[str, Checked | None]:
    """Return what was found of each system as it is now: with the models of this run, or else with others.

    Where two checks are equally good, the first one counts.
    """
    return {name: _check_of(identity, checks) for name, identity in identities.items()}


def _check_of(identity: Mapping[str, Any], checks: Sequence[Checked]) -> Checked | None:
    of_it = [check for check in checks if check.system == system_hash(identity)]
    models = models_hash(identity)
    return next((check for check in of_it if check.models == models), next(iter(of_it), None))


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:_DIGITS]
