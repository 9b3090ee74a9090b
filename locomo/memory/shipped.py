"""The memory systems that the project ships an adapter for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from locomo.memory.description import SYSTEMS, Rate, describe
from locomo.memory.environments import environment_of


@dataclass(frozen=True, slots=True)
class Shipped:
    """A system whose adapter comes with the project; it runs in an environment of its own."""

    name: str

    @property
    def folder(self) -> Path:
        """Where its description, its lock and its adapter lie."""
        return SYSTEMS / self.name

    @property
    def facts(self) -> dict[str, Any]:
        """What determines what it does, beside its files."""
        return {"system": self.name}

    @property
    def files(self) -> tuple[Path, ...]:
        """Its adapter and the lock of its environment."""
        return (self.folder / "adapter.py", self.folder / "requirements.lock")

    @property
    def rate(self) -> Rate | None:
        """What a session was measured to take; None if it was not."""
        return describe(self.name).a_session

    def command(self) -> list[str]:
        """Return the program that runs its adapter; InputError if its environment is not installed."""
        return environment_of(self.name).command()


def shipped_names() -> list[str]:
    """Return the names of all shipped systems."""
    return sorted(path.parent.name for path in SYSTEMS.glob("*/adapter.py"))


def shipped(name: str) -> Shipped | None:
    """Return a shipped system by its name; None if there is none of that name."""
    return Shipped(name) if name in shipped_names() else None
