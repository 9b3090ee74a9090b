"""Which memory system a name in `memory.systems` means, how it is started, and what determines what it does."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from locomo.errors import InputError, did_you_mean
from locomo.memory.shipped import shipped, shipped_names
from locomo.retrieval.memory import registered
from locomo.retrieval.names import RETRIEVERS
from locomo.retrieval.own import is_own, parts
from locomo.retrieval.own_files import files_of
from locomo.retrieval.units import UNITS

COMMAND: Final = "command:"
MCP: Final = "mcp:"
WEB: Final = ("http://", "https://")
LAST_SESSIONS: Final = "last-sessions"
FILE_AGENT: Final = "file-agent"
WITHOUT_STORE: Final = (*RETRIEVERS, LAST_SESSIONS, FILE_AGENT)
"""Baselines that stand in a table of memory systems and ingest nothing: the retrievers, the newest turns, and the
answering model itself."""
ADAPTERS: Final = Path(__file__).parent / "adapter"
_OURS: Final = "locomo.memory.adapters"
_NAMED: Final = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*)=(?P<spec>.+)")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


@dataclass(frozen=True, slots=True)
class System:
    """A memory system to evaluate."""

    name: str
    """What rows and folders call it."""
    spec: str
    """What it is: a shipped system, a program, an address, a class of one's own."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What determines what it does, beside `files`."""
    files: tuple[Path, ...] = ()
    """Files whose contents determine what it does."""

    @property
    def has_store(self) -> bool:
        """Whether it ingests anything."""
        return self.spec not in WITHOUT_STORE

    @property
    def has_searches(self) -> bool:
        """Whether what it found is recorded: a retriever's rankings are not."""
        return self.has_store or self.spec == FILE_AGENT

    def command(self) -> list[str]:
        """Return the program that speaks the protocol; InputError if it is not installed.

        ModuleNotFoundError if the package that it needs here is missing.
        """
        spec = self.spec
        if spec.startswith(COMMAND):
            return _words(spec)
        if spec.startswith(WEB):
            return [sys.executable, "-m", f"{_OURS}.http", spec]
        if spec.startswith(MCP):
            if find_spec("mcp") is None:
                raise ModuleNotFoundError("mcp", name="mcp")
            return [sys.executable, "-m", f"{_OURS}.mcp_server", spec.removeprefix(MCP)]
        if (known := shipped(spec)) is not None:
            return known.command()
        return [sys.executable, "-m", f"{_OURS}.own", spec]


def systems(specs: Sequence[str]) -> list[System]:
    """Return the systems of `memory.systems`; InputError for one that is unknown, or two of one name."""
    found = [system(spec) for spec in specs]
    names = [each.name for each in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InputError(f"two systems are called '{twice}'; name them apart, as in [{twice}-1=..., {twice}-2=...]")
    return found


def system(text: str) -> System:
    """Return the system of one entry, `spec` or `name=spec`; InputError for an unknown one."""
    match = _NAMED.fullmatch(text)
    spec = match["spec"] if match else text
    facts, files = _identity(spec)
    name = match["name"] if match else _name_of(spec)
    if _NAME.fullmatch(name) is None or name in UNITS:
        raise InputError(f"system '{text}': it needs a name of letters, digits, '.' and '-': write mine={spec}")
    return System(name, spec, facts, files)


def _name_of(spec: str) -> str:
    if (address := _address(spec)) is not None:
        return urlsplit(address).netloc.rpartition("@")[2].replace(":", "-")
    if spec.startswith((COMMAND, MCP)):
        return Path(_words(spec)[0]).stem.replace("_", "-")
    return parts(spec)[1].replace("_", "-") if is_own(spec) else spec


def _address(spec: str) -> str | None:
    """Return the address of a server, None for what is no server elsewhere."""
    address = spec.removeprefix(MCP)
    return address if address.startswith(WEB) else None


def _identity(spec: str) -> tuple[dict[str, Any], tuple[Path, ...]]:
    """Return what determines a system; InputError if there is no such one."""
    if spec in WITHOUT_STORE:
        return {}, ()
    if (address := _address(spec)) is not None:
        if urlsplit(address).username:
            raise InputError(f"system '{spec.partition('://')[0]}://…': leave user and password out of the address")
        asks = "mcp_server.py" if spec.startswith(MCP) else "http.py"
        return {"address": spec}, (Path(__file__).parent / "adapters" / asks,)
    if spec.startswith((COMMAND, MCP)):
        return {"command": spec}, tuple(path for word in _words(spec) if (path := Path(word)).is_file())
    if (known := shipped(spec)) is not None:
        return known.facts, known.files
    if is_own(spec):
        return {"class": spec}, tuple(files_of(spec))
    packages = registered()
    if spec in packages:
        return packages[spec], ()
    names = [*shipped_names(), *packages, *WITHOUT_STORE]
    raise InputError(
        f"system '{spec}': expected one of {', '.join(names)}{did_you_mean(spec, names)}; or a program "
        f"({COMMAND}./my-system), an address (http://127.0.0.1:8080), an MCP server ({MCP}COMMAND), or a class "
        "(path/to/file.py:Class)"
    )


def _words(spec: str) -> list[str]:
    try:
        words = shlex.split(spec.partition(":")[2])
    except ValueError as error:
        raise InputError(f"system '{spec}': {error}") from None
    if not words:
        raise InputError(f"system '{spec}': expected a program after the colon")
    return words
