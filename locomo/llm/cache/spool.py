"""Answers that could not be stored where they belong: they are paid for, so they lie on local disk until they can."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Collection
from pathlib import Path

from locomo.cache_folder import user_folder
from locomo.errors import InputError
from locomo.files import write_text
from locomo.llm.cache.backend import Backend

_BATCH = 100
"""Entries that are delivered in one go."""

log = logging.getLogger("locomo")


class Spool:
    """One file per entry, in a folder of this user for each place. Any number of processes may keep and deliver."""

    def __init__(self, location: str) -> None:
        self.location = location
        self.folder = user_folder("spool") / hashlib.sha256(location.encode()).hexdigest()[:16]
        self._lock = threading.Lock()
        self.waiting = bool(self._files())
        """Whether something is to be delivered."""

    def keep(self, entries: Collection[tuple[str, str]]) -> None:
        """Write entries to disk; InputError if that cannot be done either."""
        try:
            for key, text in entries:
                write_text(self.folder / f"{key}.json", text)
        except OSError as error:
            raise InputError(
                f"{self.folder}: cannot be written ({error.strerror}), and {self.location} cannot be reached: "
                "received answers cannot be stored"
            ) from None
        self.waiting = True

    def deliver(self, backend: Backend) -> list[str]:
        """Store all entries where they belong, and return their keys. What is there already stays.

        InputError, and what is not delivered stays here, if that cannot be written.
        """
        with self._lock:
            keys: list[str] = []
            files = self._files()
            for start in range(0, len(files), _BATCH):
                texts = {path: _read(path) for path in files[start : start + _BATCH]}
                entries = [(path.stem, text) for path, text in texts.items() if text is not None]
                backend.add(entries)
                for path in texts:
                    path.unlink(missing_ok=True)
                keys += [key for key, _ in entries]
            self.waiting = False
        if keys:
            log.info("%s: %d answers that had been kept on this machine are stored there now", self.location, len(keys))
        return keys

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.json"))


def _read(path: Path) -> str | None:
    """A file's text; None where another process has delivered it meanwhile."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
