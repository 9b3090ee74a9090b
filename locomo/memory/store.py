"""Stores that were ingested once, kept beside the request cache for every run after, and resumed session by session."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from filelock import FileLock

from locomo.cache_folder import kept_folder
from locomo.files import canonical_json, pretty_json, read_json, write_text
from locomo.memory.messages import PROTOCOL, session_message, speakers
from locomo.memory.program import MemorySystemError
from locomo.memory.services import Taken
from locomo.memory.start import Starter
from locomo.memory.system import System
from locomo.schema import Conversation

STATE: Final = "state.json"
FIRST_LETTERS: Final = 32
"""Of a fingerprint: the name of a store's folder."""


def _nothing() -> None:
    """Do nothing."""


def fingerprint(identity: Mapping[str, Any], conversation: Conversation) -> str:
    """Return what a store is a function of: the system, its settings and models (`identity`), and the sessions."""
    heard = {
        "protocol": PROTOCOL,
        "system": identity,
        "sample_id": conversation.sample_id,
        "speakers": speakers(conversation),
        "sessions": [session_message(session) for session in conversation.sessions],
    }
    return hashlib.sha256(canonical_json(heard).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Ingestion:
    """How a conversation came into a store."""

    sessions: int = 0
    """Those that are in it."""
    taken: Taken = field(default_factory=Taken)
    seconds: float = 0.0
    whole: bool = False


class KeptStore:
    """The store of one conversation in one system, by its fingerprint.

    `store` is what the system writes to. After each session it is copied to `session-<n>`, and noted in the state: a
    system that is killed half-way through a session goes on from there.
    """

    def __init__(self, fingerprint: str, root: Path | None = None) -> None:
        self.fingerprint = fingerprint
        self.folder = (root or kept_folder("memory")) / fingerprint[:FIRST_LETTERS]
        self.store = self.folder / "store"

    @property
    def state(self) -> Ingestion:
        """How far it has come."""
        path = self.folder / STATE
        if not path.is_file():
            return Ingestion()
        found = read_json(path)
        return Ingestion(found["sessions"], Taken(**found["taken"]), found["seconds"], found["whole"])

    def ingest(
        self,
        system: System,
        conversation: Conversation,
        starter: Starter,
        on_session: Callable[[], None] = _nothing,
    ) -> Ingestion:
        """Ingest what is not ingested yet; MemorySystemError if the system fails, and what is in the store stays.

        Two processes that want the same store wait for each other.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "lock"):
            state = self.state
            if not state.whole:
                state = self._go_on(system, conversation, starter, state, on_session)
            return state

    def adopt(self, folder: Path, ingestion: Ingestion) -> None:
        """Take a whole store that came from elsewhere, as with `dvc pull`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / "lock"):
            if not self.state.whole:
                copy_folder(folder, self.store)
                self._note(ingestion)

    def _go_on(
        self,
        system: System,
        conversation: Conversation,
        starter: Starter,
        state: Ingestion,
        on_session: Callable[[], None],
    ) -> Ingestion:
        who, services = (system.name, conversation.sample_id), starter.services
        copy_folder(self._after(state.sessions), self.store)
        with starter.start(system, conversation, "ingest", self.store) as program:
            for session in conversation.sessions[state.sessions :]:
                before, started = services.taken(*who, "ingest"), time.monotonic()
                program.add(session)
                if failures := services.failures(*who):
                    raise MemorySystemError(
                        f"memory system '{system.name}', {conversation.sample_id}, session {session.number}: "
                        f"{len(failures)} of its calls failed, so its store would lack what they were about: "
                        f"{failures[0]}"
                    )
                taken = state.taken.plus(services.taken(*who, "ingest").minus(before))
                seconds = state.seconds + time.monotonic() - started
                done = Ingestion(state.sessions + 1, taken, seconds)
                copy_folder(self.store, self._after(done.sessions))
                self._note(done)
                shutil.rmtree(self._after(state.sessions), ignore_errors=True)
                state = done
                on_session()
            program.close()
        state = Ingestion(state.sessions, state.taken, state.seconds, whole=True)
        self._note(state)
        shutil.rmtree(self._after(state.sessions), ignore_errors=True)
        return state

    def _after(self, sessions: int) -> Path:
        return self.folder / f"session-{sessions}"

    def _note(self, state: Ingestion) -> None:
        write_text(self.folder / STATE, pretty_json(asdict(state)))


def copy_folder(folder: Path, to: Path) -> None:
    """Make one folder what another is, whole or not at all; empty if the other is not there."""
    partial = to.with_name(f"{to.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    if folder.is_dir():
        shutil.copytree(folder, partial, symlinks=True)
    else:
        partial.mkdir(parents=True)
    shutil.rmtree(to, ignore_errors=True)
    partial.rename(to)


def size(folder: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
