"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing and its state: `missing` is not set up, `invalid` is set up and does not work here."""

    about: Literal["provider", "service", "remote", "machine", "project"]
    name: str
    state: Literal["found", "missing", "invalid"]
    note: str
    source: str | None = None
    """Where a key comes from, or where a service or a remote lies; never a secret."""
