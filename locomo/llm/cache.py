"""The memo on disk that every paid call goes through: JSON in, JSON out, nothing ever evicted."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import Any

import diskcache
import platformdirs
from diskcache.core import MODE_RAW

from locomo.errors import InputError
from locomo.files import canonical_json, parse_json
from locomo.llm.types import Request, Response

FOLDER_VARIABLE = "LOCOMO_CACHE_DIR"


class _TextDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores text as text. diskcache pickles other values, and a pickle from elsewhere could run code: refused."""

    def store(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str):
            raise TypeError("only text is stored in the request cache")
        return super().store(value, *args, **kwargs)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        if mode != MODE_RAW or not isinstance(value, str):
            raise InputError(
                f"{self._directory}: this request cache holds an entry that we did not write; move it away"
            )
        return value


def default_folder() -> Path:
    """Return where answers are kept: outside of the workspace, so that copies of it (experiments) share them."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named).expanduser() if named else Path(platformdirs.user_cache_dir("locomo")) / "requests"


class RequestCache:
    """Answers by request key, shared by any number of processes; each entry is durable once `put` returns.

    InputError where the folder cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()
        try:
            self._cache = diskcache.Cache(
                str(self.folder),
                disk=_TextDisk,
                disk_min_file_size=2**30,  # long entries too go into the database: files beside it are not synced
                eviction_policy="none",  # as it comes, diskcache drops old entries beyond 1 GB
                size_limit=2**62,
                cull_limit=0,
                sqlite_synchronous=2,  # FULL: what is written survives a power cut
                timeout=60,
            )
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"{self.folder}: no request cache can be opened here ({error}); set {FOLDER_VARIABLE}"
            ) from None

    def get(self, request: Request) -> Response | None:
        """Return the stored answer, or None."""
        text = self._cache.get(request.key)
        if text is None:
            return None
        return Response(**parse_json(text, f"{self.folder}: entry {request.key}")["response"])

    def put(self, request: Request, response: Response) -> None:
        """Store an answer, with its request beside it for people to read."""
        self._cache.set(request.key, canonical_json({"request": request.fields(), "response": asdict(response)}))

    def get_text(self, key: str) -> str | None:
        """Return a stored entry that is not an answer, such as a vector, as it was put; or None."""
        text = self._cache.get(key)
        return None if text is None else str(text)

    def put_text(self, key: str, text: str) -> None:
        """Store an entry that is not an answer."""
        self._cache.set(key, text)

    def keys(self) -> list[str]:
        """Return the keys of all stored answers."""
        return [str(key) for key in self._cache.iterkeys()]

    def __len__(self) -> int:
        return len(self._cache)

    def close(self) -> None:
        """Close the database."""
        self._cache.close()
