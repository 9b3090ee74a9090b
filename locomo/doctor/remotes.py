"""DVC's remotes: whether each can be reached with the credentials that are here."""

from __future__ import annotations

import re
import threading
import time
from typing import Any, Final

from locomo.doctor.finding import Finding
from locomo.errors import InputError
from locomo.repository import open_repo

LONGEST: Final = 10.0
"""Seconds that remotes are waited for, once what speaks to them is loaded."""
LOADING: Final = 120.0
"""Seconds that this may take on a machine that is busy with other things."""
_USER = re.compile(r"(?<=//)[^@/]*@")
_CHOSEN: Final = "the default one"


def remotes(*, offline: bool) -> list[Finding]:
    """Look at each remote of the project in the current folder; all at once, since some take their time to fail."""
    try:
        repo = open_repo()
    except InputError as error:
        return [Finding("remote", "–", "missing", _plain(error))]
    names = list(repo.config["remote"])
    if not names:
        cure = "no remote is set up: `locomo remote s3://BUCKET/PREFIX` sets one up"
        return [Finding("remote", "–", "missing", cure)]
    looks = [_Look(repo, name, offline) for name in names]
    for look in looks:
        look.start()
    loaded_by = time.monotonic() + LOADING
    for look in looks:
        look.loaded.wait(max(0.0, loaded_by - time.monotonic()))
    end = time.monotonic() + LONGEST
    for look in looks:
        look.join(max(0.0, end - time.monotonic()))
    return [look.finding for look in looks]


class _Look(threading.Thread):
    """One look at one remote, which nobody waits for longer than he likes."""

    def __init__(self, repo: Any, name: str, offline: bool) -> None:
        super().__init__(daemon=True)
        self._repo = repo
        self._name = name
        self._offline = offline
        self.loaded = threading.Event()
        self._chosen = repo.config["core"].get("remote") == name
        self._url = _USER.sub("", str(repo.config["remote"][name].get("url", "")))
        self.finding = self._found("invalid", f"no answer in {LONGEST:.0f} s")

    def run(self) -> None:
        try:
            self.finding = self._look()
        except Exception as error:  # each store raises its own
            self.finding = self._found("invalid", _plain(error) or type(error).__name__)
        finally:
            self.loaded.set()

    def _look(self) -> Finding:
        remote = self._repo.cloud.get_remote(self._name)
        _ = remote.fs.fs  # imports the library of its cloud
        self.loaded.set()
        if self._offline:
            return self._found("found", "not asked")
        if remote.fs.exists(remote.path):
            return self._found("found", "can be read")
        root = remote.path.strip("/").partition("/")[0]
        if remote.fs.protocol != "local" and remote.fs.exists(root):
            return self._found("found", "can be read; nothing was pushed to it yet")
        what = "folder" if remote.fs.protocol == "local" else "bucket, or none that these credentials may see"
        return self._found("invalid", f"no such {what}")

    def _found(self, state: Any, note: str) -> Finding:
        return Finding("remote", self._name, state, f"{note}; {_CHOSEN}" if self._chosen else note, self._url)


def _plain(error: object) -> str:
    return _USER.sub("", " ".join(str(error).split()))
