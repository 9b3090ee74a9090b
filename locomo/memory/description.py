"""What is known of a memory system that the project ships an adapter for: data, in its `system.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from locomo.errors import InputError, did_you_mean
from locomo.files import parse_yaml, read_text

SYSTEMS: Final = Path(__file__).parent / "systems"


class Profile(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    settings: dict[str, Any]
    source: str
    """Where they come from."""


class Rate(BaseModel):
    """What ingesting a session takes, on average: an estimate for another conversation or model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calls: Annotated[float, Field(ge=0)]
    input_tokens: Annotated[float, Field(ge=0)]
    output_tokens: Annotated[float, Field(ge=0)]
    of: str
    """Where that was measured."""


class Description(BaseModel):
    """A system: what it is, what it may be used for, and how it is set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    package: str
    """As it is installed, with its version."""
    licence: str
    homepage: str
    calls_models: bool
    """Whether it asks a model to ingest."""
    deterministic: str
    """What of it is the same from run to run."""
    provenance: str
    """How fine it says which turns a memory comes from."""
    a_session: Rate | None = None
    """What a session was measured to take; None if it was not."""
    profiles: Annotated[dict[str, Profile], Field(min_length=1)]


def described() -> list[str]:
    """Return the names of all systems that have a description."""
    return sorted(path.parent.name for path in SYSTEMS.glob("*/system.yaml"))


def describe(name: str) -> Description:
    """Return what is known of a system; InputError for an unknown one."""
    if name not in (known := described()):
        raise InputError(f"memory system '{name}': expected one of {', '.join(known)}{did_you_mean(name, known)}")
    path = SYSTEMS / name / "system.yaml"
    try:
        return Description.model_validate(parse_yaml(read_text(path), str(path)))
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"{path}: {' → '.join(map(str, first['loc']))}: {first['msg']}") from None
