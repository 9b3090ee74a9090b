"""Answers are kept: over restarts, among processes, through a kill, beyond any size, and without running any code."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import diskcache
import pytest

from locomo.errors import InputError
from locomo.llm import Message, Request, RequestCache, Response

WRITER = """
import sys
from pathlib import Path
from locomo.llm import Message, Request, RequestCache, Response
cache = RequestCache(Path(sys.argv[1]))
for n in range(int(sys.argv[2]), int(sys.argv[3])):
    request = Request("mock", "m", (Message("user", str(n)),), 8)
    cache.put(request, Response(f"answer {n}", "m", 1, 1))
    print(n, flush=True)
"""


def ask(text: object) -> Request:
    return Request("mock", "m", (Message("user", str(text)),), 8)


def reply(text: object) -> Response:
    return Response(f"answer {text}", "m", 3, 2, cached_tokens=1, finish_reason="stop")


def writer(folder: Path, first: int, last: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, folder, str(first), str(last)], stdout=subprocess.PIPE, text=True
    )


def test_an_answer_survives_reopening(tmp_path: Path) -> None:
    cache = RequestCache(tmp_path)
    assert cache.get(ask("é")) is None
    cache.put(ask("é"), reply("é\0\n"))
    cache.close()
    again = RequestCache(tmp_path)
    assert again.get(ask("é")) == reply("é\0\n")
    assert len(again) == 1


def test_an_entry_is_json_that_people_can_read(tmp_path: Path) -> None:
    RequestCache(tmp_path).put(ask("Who?"), reply("Ruth"))
    with sqlite3.connect(tmp_path / "cache.db") as database:
        ((text,),) = database.execute("SELECT value FROM Cache").fetchall()
    entry = json.loads(text)
    assert entry["request"]["messages"] == [{"role": "user", "content": "Who?"}]
    assert entry["response"]["text"] == "answer Ruth"


def test_long_entries_lie_in_the_database_too(tmp_path: Path) -> None:
    cache = RequestCache(tmp_path)
    cache.put(ask("x" * 200_000), reply("long"))
    assert cache.get(ask("x" * 200_000)) == reply("long")
    assert {path.name for path in tmp_path.iterdir()} <= {"cache.db", "cache.db-wal", "cache.db-shm"}


def test_nothing_is_evicted_even_where_another_program_set_limits(tmp_path: Path) -> None:
    diskcache.Cache(tmp_path, size_limit=10_000, cull_limit=10, eviction_policy="least-recently-stored").close()
    cache = RequestCache(tmp_path)
    for n in range(100):
        cache.put(ask(f"{n} " + "x" * 2_000), reply(n))
    assert [cache.get(ask(f"{n} " + "x" * 2_000)) for n in range(100)] == [reply(n) for n in range(100)]


def test_processes_share_it(tmp_path: Path) -> None:
    writers = [writer(tmp_path, first, first + 60) for first in (0, 40, 80)]
    assert [process.wait(timeout=60) for process in writers] == [0, 0, 0]
    for process in writers:
        process.stdout.close()
    cache = RequestCache(tmp_path)
    assert len(cache) == 140
    assert all(cache.get(ask(n)).text == f"answer {n}" for n in range(140))


def test_a_killed_writer_loses_nothing_that_it_had_put(tmp_path: Path) -> None:
    process = writer(tmp_path, 0, 1_000_000)
    put = [int(process.stdout.readline()) for _ in range(50)]
    os.kill(process.pid, signal.SIGKILL)
    put += [int(line) for line in process.stdout if line.endswith("\n")]
    process.wait(timeout=60)
    process.stdout.close()
    cache = RequestCache(tmp_path)
    assert all(cache.get(ask(n)).text == f"answer {n}" for n in put)
    cache.put(ask("after"), reply("after"))
    assert cache.get(ask("after")) == reply("after")


class Bomb:
    """Unpickling it creates a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple:
        return Path.touch, (self.target,)


@pytest.mark.parametrize("in_a_file", [False, True])
def test_a_planted_pickle_is_refused_and_not_run(tmp_path: Path, in_a_file: bool) -> None:
    folder, target = tmp_path / "cache", tmp_path / "ran"
    RequestCache(folder).close()
    with diskcache.Cache(folder, disk=diskcache.Disk, disk_min_file_size=0 if in_a_file else 2**20) as planted:
        planted.set(ask("Who?").key, Bomb(target))
    cache = RequestCache(folder)
    with pytest.raises(InputError, match="holds an entry that we did not write; move it away"):
        cache.get(ask("Who?"))
    assert not target.exists()


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "mine"))
    cache = RequestCache()
    cache.put(ask("Who?"), reply("Ruth"))
    assert cache.folder == tmp_path / "mine"
    assert RequestCache(tmp_path / "mine").get(ask("Who?")) == reply("Ruth")


def test_a_home_folder_can_be_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOCOMO_CACHE_DIR", "~/answers")
    assert RequestCache().folder == tmp_path / "answers"
    monkeypatch.setenv("LOCOMO_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    folder = RequestCache().folder
    assert folder.is_relative_to(tmp_path)
    assert folder.parts[-2:] == ("locomo", "requests")


@pytest.mark.parametrize("place", ["a file", "a broken database"])
def test_a_folder_that_cannot_be_used_is_said_to_be_so(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "cache"
    if place == "a file":
        folder.touch()
    else:
        folder.mkdir()
        (folder / "cache.db").write_bytes(b"no database " * 1000)
    with pytest.raises(InputError, match=r"no request cache can be opened here .*; set LOCOMO_CACHE_DIR") as caught:
        RequestCache(folder)
    assert str(caught.value).startswith(f"{folder}: ")
