"""Deadlines are the remote's: what a busy machine needs to start Python and libraries does not count."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import Project

from locomo.doctor import remotes
from locomo.remotes import reach


def test_a_slow_start_is_no_silent_remote(clone: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow/sitecustomize.py").write_text(f"import time; time.sleep({reach.SECONDS + 1})", encoding="utf-8")
    clone.must("dvc", "remote", "add", "-d", "folder", str(tmp_path / "remote"))
    monkeypatch.chdir(clone.root)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'slow'}:{clone.root}")
    started = time.monotonic()
    assert reach.reach(reach.read_remote()) is False
    assert time.monotonic() - started > reach.SECONDS


class Cloud:
    """A remote whose library takes a second to load, and whose server takes as long as it likes."""

    def __init__(self, seconds: float) -> None:
        def exists(path: str) -> bool:
            time.sleep(seconds)
            return True

        self.fs: Any = SimpleNamespace(fs=None, exists=exists, protocol="s3")
        self.path = "bucket/prefix"

    def get_remote(self, name: str) -> Cloud:
        time.sleep(1)
        return self


@pytest.mark.parametrize(("seconds", "state"), [(0, "found"), (3, "invalid")])
def test_doctor_waits_for_libraries_and_not_for_servers(
    seconds: float, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"remote": {"storage": {"url": "s3://bucket/prefix"}}, "core": {}}
    monkeypatch.setattr(remotes, "open_repo", lambda: SimpleNamespace(config=config, cloud=Cloud(seconds)))
    monkeypatch.setattr(remotes, "LONGEST", 0.5)
    (finding,) = remotes.remotes(offline=False)
    assert finding.state == state
    assert finding.note == ("can be read" if state == "found" else "no answer in 0 s")
