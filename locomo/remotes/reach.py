"""Whether a remote can be reached, found out in seconds.

DVC and the clouds' libraries try again for a minute or more, and say a lot, before they give up. So a remote is listed
once in a process of its own, `python -m locomo.remotes.reach NAME`, which ends itself when its time is over. That time
is the remote's alone: it begins when Python, DVC and the cloud's library are loaded, which takes a busy machine long.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from locomo.remotes.config import Remote, read_remote
from locomo.remotes.trouble import RemoteError, and_endpoint, explain, where_keys_come_from
from locomo.repository import open_repo

SECONDS: Final = 6.0
"""After which a remote counts as out of reach."""
LOADING: Final = 120.0
"""Seconds within which all of the process must be over, however busy the machine is."""
_ONE_TRY: Final = {"AWS_MAX_ATTEMPTS": "1", "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false"}
_TIMEOUTS: Final = {"s3": {"connect_timeout": 2, "read_timeout": 3}}
_MARK: Final = "reached: "
"""Libraries print too."""


def reach(remote: Remote) -> bool:
    """Return whether a remote holds anything; RemoteError says in a line why it cannot be reached."""
    command = [sys.executable, "-P", "-m", "locomo.remotes.reach", remote.name]
    try:
        done = subprocess.run(  # noqa: S603  (our own module)
            command, env={**os.environ, **_ONE_TRY}, capture_output=True, text=True, timeout=LOADING, check=False
        )
    except subprocess.TimeoutExpired:
        raise RemoteError(
            f"{remote.url}: it could not be asked within {LOADING:.0f} s: this machine is too busy, or its disk hangs"
        ) from None
    said = [line.removeprefix(_MARK) for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if not said:
        raise RemoteError(f"{remote.url}: the check itself failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    found = json.loads(said[-1])
    if found["trouble"] is not None:
        raise RemoteError(f"{remote.url}: {found['trouble']}")
    return bool(found["holds"])


def _silent(remote: Remote) -> str:
    cure = f", and the keys: {where_keys_come_from(remote)}" if remote.scheme else ""
    return f"no answer within {SECONDS:.0f} s; check the network{and_endpoint(remote)}{cure}"


def look(name: str, on_loaded: Callable[[], None] = lambda: None) -> bool:
    """Return whether a remote holds anything, with the errors of its libraries."""
    from dvc.fs import get_cloud_fs

    with open_repo() as repo:
        cls, config, path = get_cloud_fs(repo.config, name=name)
    files = cls(**{**config, **_TIMEOUTS.get(cls.protocol, {})})
    if cls.protocol == "local":
        folder = next(each for each in (Path(path), *Path(path).parents) if each.exists())  # DVC makes the rest
        return any(True for _ in folder.iterdir()) if folder == Path(path) else False
    if hasattr(files.fs, "retries"):  # S3's and Google's
        files.fs.retries = 1
    on_loaded()
    try:
        return any(True for _ in files.ls(path, detail=False))
    except FileNotFoundError as error:
        if "does not exist" in str(error):  # S3 says so of a bucket
            raise
    # No such prefix yet, or no such bucket? Keys for this prefix alone do not say.
    with contextlib.suppress(PermissionError):
        files.ls(path.partition("/")[0], detail=False)
    return False


def _main(name: str) -> None:
    remote = read_remote(name)
    answer: dict[str, Any] = {"trouble": None, "holds": False}
    over = threading.Timer(SECONDS, lambda: _say({"trouble": _silent(remote), "holds": False}))
    over.daemon = True
    try:
        answer["holds"] = look(name, over.start)
    except Exception as error:  # whatever a library raises is said in a line
        answer["trouble"] = explain(error, remote)
    over.cancel()
    _say(answer)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(f"\n{_MARK}{json.dumps(answer)}\n")
    sys.stdout.flush()
    os._exit(0)  # threads of libraries may still wait


if __name__ == "__main__":
    _main(sys.argv[1])
