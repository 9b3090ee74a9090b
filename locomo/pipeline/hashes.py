"""SHA-256 of large files that are looked at in every run: computed once for each content and kept in .dvc/tmp."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from locomo.cache_folder import kept_folder
from locomo.files import canonical_json, sha256, write_text

KEPT: Final = Path(".dvc/tmp/locomo-hashes.json")


class FileHashes:
    """What pins files and folders. A file is read again if its size, place on the disk or time of change is another."""

    def __init__(self, kept: Path | None = None) -> None:
        kept = self._kept = kept or _kept()
        try:
            self._known: dict[str, list[int | str]] = json.loads(kept.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}
        self._grown = False

    def of(self, path: Path) -> str | None:
        """Return `sha256:…` of a file, or of a folder with all that is in it; None if there is neither."""
        path = path.expanduser()
        if path.is_dir():
            files = sorted(each for each in path.rglob("*") if each.is_file())
            lines = {each.relative_to(path).as_posix(): self._file(each) for each in files}
            return f"sha256:{_digest(canonical_json(lines))}"
        return f"sha256:{self._file(path)}" if path.is_file() else None

    def save(self) -> None:
        """Keep what was computed for the next run; not at all where nothing can be written."""
        if self._grown:
            try:
                write_text(self._kept, canonical_json(self._known))
            except OSError:
                return

    def _file(self, path: Path) -> str:
        found = path.stat()
        # The time of the last change of the inode cannot be set back, as that of the contents can.
        mark: list[int | str] = [found.st_size, found.st_ino, found.st_ctime_ns, found.st_mtime_ns]
        known = self._known.get(str(path.resolve()), [])
        if known[:-1] == mark:
            return str(known[-1])
        digest = sha256(path)
        self._known[str(path.resolve())] = [*mark, digest]
        self._grown = True
        return digest


def _kept() -> Path:
    """Return where hashes are kept: in the project, and outside of one where answers are."""
    return KEPT if KEPT.parents[1].is_dir() else kept_folder("hashes") / KEPT.name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
