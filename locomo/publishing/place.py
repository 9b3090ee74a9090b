"""Which database an address names."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

from locomo.errors import InputError

Kind = Literal["duckdb", "sqlite", "postgres"]
DEFAULT: Final = "results.duckdb"
_ENDINGS: Final[dict[str, Kind]] = {".duckdb": "duckdb", ".sqlite": "sqlite", ".sqlite3": "sqlite"}
_FILES: Final[dict[str, Kind]] = {"duckdb": "duckdb", "sqlite": "sqlite"}
_SERVERS: Final = ("postgres", "postgresql")
EXPECTED: Final = "a file *.duckdb or *.sqlite, duckdb:FILE, sqlite:FILE, or postgresql://USER@HOST/DATABASE"


@dataclass(frozen=True, slots=True)
class Place:
    """A database: its kind, and the file or address that DuckDB attaches."""

    kind: Kind
    target: str
    name: str
    """What messages call it: without a password."""

    @property
    def file(self) -> Path | None:
        """Its file; None for a server."""
        return None if self.kind == "postgres" else Path(self.target)


def place_of(url: str) -> Place:
    """Return the database that an address or a file's name stands for; InputError for anything else."""
    scheme, colon, rest = url.partition(":")
    if colon and scheme in _SERVERS and rest.startswith("//"):
        return Place("postgres", url, _without_password(url))
    if colon and scheme in _FILES:
        target = rest.removeprefix("///") if rest.startswith("///") else rest  # as SQLAlchemy writes it
        if target and not target.startswith("//"):
            return Place(_FILES[scheme], target, target)
    elif "://" not in url and (kind := _ENDINGS.get(Path(url).suffix.lower())) is not None:
        return Place(kind, url, url)
    raise InputError(f"'{_without_password(url)}': unknown kind of database; expected {EXPECTED}")


def _without_password(url: str) -> str:
    try:
        parts = urlsplit(url)
        if "@" not in parts.netloc:
            return parts._replace(query="").geturl()  # libpq takes a password there, too
        user, host = parts.netloc.rpartition("@")[0].partition(":")[0], parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{user}@{host}", query="").geturl()
    except ValueError:
        return url.partition(":")[0]
