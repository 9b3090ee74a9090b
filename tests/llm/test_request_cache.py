"""Answers are kept, on disk and in Redis: over restarts, among processes, through kills; and no code is run."""

from __future__ import annotations

import asyncio
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import diskcache
import pytest
from redis_server import REASON, RedisServer

from locomo.errors import InputError
from locomo.llm import Message, Request, RequestCache, Response, open_cache

WRITER = """
import asyncio, sys
from locomo.llm import Message, Request, Response, open_cache

location, how, first, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
cache = open_cache(location)

async def write(n):
    request, response = Request("mock", "m", (Message("user", str(n)),), 8), Response(f"answer {n}", "m", 1, 1)
    if how == "store":
        await cache.store(request, response)
    else:
        cache.put(request, response)
    assert cache.get(request) == response
    print(n, flush=True)

async def main():
    for start in range(first, last, 10):
        await asyncio.gather(*(write(n) for n in range(start, min(start + 10, last))))

asyncio.run(main())
"""


def ask(text: object) -> Request:
    return Request("mock", "m", (Message("user", str(text)),), 8)


def reply(text: object) -> Response:
    return Response(f"answer {text}", "m", 3, 2, cached_tokens=1, finish_reason="stop")


def writer(location: str, how: str, first: int, last: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, location, how, str(first), str(last)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The user's own answers are out of reach, and nobody reaches for them who was told another place."""
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "elsewhere"))
    yield
    assert not (tmp_path / "elsewhere").exists()


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["disk", "redis"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place for answers, of each kind."""
    if request.param == "disk":
        return str(tmp_path / "cache")
    if REASON:
        pytest.skip(REASON)
    redis = pytest.importorskip("redis")
    server = request.getfixturevalue("redis_server")
    redis.Redis.from_url(server.url).flushall()
    return server.url


@pytest.fixture
def cache(location: str) -> Iterator[RequestCache]:
    cache = open_cache(location)
    yield cache
    cache.close()


def test_an_answer_survives_reopening(location: str) -> None:
    cache = open_cache(location)
    assert cache.get(ask("é")) is None
    cache.put(ask("é"), reply("é\0\n"))
    cache.close()
    again = open_cache(location)
    assert again.get(ask("é")) == reply("é\0\n")
    assert (len(again), again.keys()) == (1, [ask("é").key])


def test_stored_answers_are_as_good_as_put_ones(location: str) -> None:
    async def main(cache: RequestCache, first: int) -> None:
        await asyncio.gather(*(cache.store(ask(n), reply(n)) for n in range(first, first + 50)))
        assert cache.get(ask(first)) == reply(first)  # at once, not only after closing

    cache = open_cache(location)
    asyncio.run(main(cache, 0))
    asyncio.run(main(cache, 50))  # another event loop
    cache.close()
    again = open_cache(location)
    assert [again.get(ask(n)) for n in range(100)] == [reply(n) for n in range(100)]


def test_a_later_answer_to_the_same_request_holds(cache: RequestCache) -> None:
    cache.put(ask("Who?"), reply("Ruth"))
    asyncio.run(cache.store(ask("Who?"), reply("Ivo")))
    assert cache.get(ask("Who?")) == reply("Ivo")
    assert len(cache) == 1


def test_an_entry_of_a_newer_version_is_understood(cache: RequestCache) -> None:
    answer = {"text": "Ruth", "model": "m", "input_tokens": 1, "output_tokens": 1, "invented_later": 7}
    cache.backend.put([(ask("Who?").key, json.dumps({"request": ask("Who?").fields(), "response": answer}))])
    assert cache.get(ask("Who?")) == Response("Ruth", "m", 1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"request": {}, "resp', "invalid JSON: EOF while parsing a string"),
        ('{"request": {}, "response": {"text": "Ruth", "model": "m", "input_tokens": 1}}', "response.output_tokens: "),
        (
            '{"response": {"text": 7, "model": "m", "input_tokens": 1, "output_tokens": 1}}',
            "response.text: input should",
        ),
    ],
    ids=["cut off", "a field is missing", "a number for a text"],
)
def test_a_broken_entry_is_named(cache: RequestCache, text: str, said: str) -> None:
    cache.backend.put([(ask("Who?").key, text)])
    with pytest.raises(InputError) as caught:
        cache.get(ask("Who?"))
    assert str(caught.value).startswith(f"{cache.location}: entry {ask('Who?').key}: {said}")


def test_long_entries_are_kept(cache: RequestCache) -> None:
    cache.put(ask("x" * 200_000), reply("y" * 200_000))
    assert cache.get(ask("x" * 200_000)) == reply("y" * 200_000)


def test_what_is_added_replaces_nothing(cache: RequestCache) -> None:
    backend = cache.backend
    backend.put([("b", "old")])
    assert backend.add([("c", "new"), ("b", "other"), ("a", "new")]) == {"a", "c"}
    assert list(backend.items()) == [("a", "new"), ("b", "old"), ("c", "new")]
    backend.delete(["a", "never there"])
    backend.delete([])
    assert list(backend.keys()) == ["b", "c"]


def test_more_entries_than_fit_one_batch_are_all_found(cache: RequestCache) -> None:
    entries = [(f"{n:04}", "x" * 1_000) for n in range(1_234)]
    cache.backend.put(entries[::-1])
    assert list(cache.backend.items()) == entries
    assert 1_234_000 < cache.backend.size() < 5_000_000


@pytest.mark.parametrize("how", ["put", "store"])
def test_four_processes_write_and_read_at_once(location: str, how: str) -> None:
    writers = [writer(location, how, first, first + 60) for first in (0, 40, 80, 120)]
    said = [process.communicate(timeout=120)[0].split() for process in writers]
    assert [len(numbers) for numbers in said] == [60] * 4
    assert [process.returncode for process in writers] == [0] * 4
    cache = open_cache(location)
    assert len(cache) == 180
    assert [cache.get(ask(n)).text for n in range(180)] == [f"answer {n}" for n in range(180)]


def killed_at_work(location: str, number: int) -> list[int]:
    """Kill a writer at some moment; return what it had been told is kept."""
    process = writer(location, ("put", "store")[number % 2], number * 1_000_000, number * 1_000_000 + 100_000)
    kept = [int(process.stdout.readline())]
    time.sleep(random.Random(number).uniform(0, 0.1))
    process.kill()
    kept += [int(line) for line in process.stdout if line.endswith("\n")]
    process.wait(timeout=60)
    process.stdout.close()
    return kept


def test_twenty_kills_lose_nothing_that_was_acknowledged(location: str) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        kept = list(pool.map(lambda number: killed_at_work(location, number), range(20)))
    cache = open_cache(location)
    assert all(cache.get(ask(n)).text == f"answer {n}" for numbers in kept for n in numbers)
    cache.put(ask("after"), reply("after"))
    assert cache.get(ask("after")) == reply("after")


class Slow:
    """A backend that writes slowly, or not at all, and notes what it was given together."""

    location = "the slow place"

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.batches: list[list[str]] = []
        self.threads: set[int] = set()

    def put(self, entries: Collection[tuple[str, str]]) -> None:
        time.sleep(0.1)
        self.threads.add(threading.get_ident())
        self.batches.append([key for key, _ in entries])
        if self.error:
            raise self.error

    def close(self) -> None:
        """Nothing is held open."""


def test_what_waits_at_the_same_time_is_written_together_beside_the_event_loop() -> None:
    async def main() -> int:
        turns = 0
        storing = asyncio.gather(*(cache.store(ask(n), reply(n)) for n in range(500)))
        while not storing.done():
            await asyncio.sleep(0.001)
            turns += 1
        return turns

    slow = Slow()
    cache = RequestCache(backend=slow)
    assert asyncio.run(main()) > 20  # two writes last 0.2 s, in which the loop goes on
    cache.close()
    assert len(slow.batches) <= 10  # of 500; a busy machine is late to fill one
    assert [key for batch in slow.batches for key in batch] == [ask(n).key for n in range(500)]
    assert threading.get_ident() not in slow.threads


def test_a_failure_reaches_everyone_who_waits() -> None:
    async def main() -> list[BaseException | None]:
        return await asyncio.gather(*(cache.store(ask(n), reply(n)) for n in range(20)), return_exceptions=True)

    cache = RequestCache(backend=Slow(InputError("the slow place: cannot be written (full)")))
    assert [str(error) for error in asyncio.run(main())] == ["the slow place: cannot be written (full)"] * 20


def test_an_answer_is_written_even_if_its_caller_is_gone() -> None:
    async def main() -> None:
        tasks = [asyncio.create_task(cache.store(ask(n), reply(n))) for n in range(5)]
        await asyncio.sleep(0.02)  # the first is being written, the others wait
        for task in tasks:
            task.cancel()

    slow = Slow()
    cache = RequestCache(backend=slow)
    asyncio.run(main())
    cache.close()
    assert sorted(key for batch in slow.batches for key in batch) == sorted(ask(n).key for n in range(5))


def test_one_answer_that_cannot_be_text_does_not_harm_the_others(cache: RequestCache) -> None:
    async def main() -> list[BaseException | None]:
        answers = [reply("a"), reply("half a character: \ud83d"), reply("b")]
        storing = (cache.store(ask(n), answer) for n, answer in enumerate(answers))
        return await asyncio.gather(*storing, return_exceptions=True)

    first, bad, last = asyncio.run(main())
    assert (first, last) == (None, None)
    assert isinstance(bad, UnicodeEncodeError)
    assert (cache.get(ask(0)), cache.get(ask(1)), cache.get(ask(2))) == (reply("a"), None, reply("b"))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_hits_take_next_to_no_time(cache: RequestCache) -> None:
    async def main() -> None:
        await asyncio.gather(*(cache.store(ask(n), reply("x" * 2_000)) for n in range(2_000)))

    asyncio.run(main())
    requests = [ask(n) for n in range(2_000)]
    assert min(seconds(lambda: [cache.get(request) for request in requests]) for _ in range(3)) < (
        0.3 if cache.folder else 1
    )


# On disk


def test_an_entry_is_json_that_people_can_read(tmp_path: Path) -> None:
    RequestCache(tmp_path).put(ask("Who?"), reply("Ruth"))
    with sqlite3.connect(tmp_path / "cache.db") as database:
        ((text,),) = database.execute("SELECT value FROM Cache").fetchall()
    entry = json.loads(text)
    assert entry["request"]["messages"] == [{"role": "user", "content": "Who?"}]
    assert entry["response"]["text"] == "answer Ruth"


def test_long_entries_lie_in_the_database_too(tmp_path: Path) -> None:
    RequestCache(tmp_path).put(ask("x" * 200_000), reply("long"))
    assert {path.name for path in tmp_path.iterdir()} <= {"cache.db", "cache.db-wal", "cache.db-shm"}


def test_nothing_is_evicted_even_where_another_program_set_limits(tmp_path: Path) -> None:
    diskcache.Cache(tmp_path, size_limit=10_000, cull_limit=10, eviction_policy="least-recently-stored").close()
    cache = RequestCache(tmp_path)
    for n in range(100):
        cache.put(ask(f"{n} " + "x" * 2_000), reply(n))
    assert [cache.get(ask(f"{n} " + "x" * 2_000)) for n in range(100)] == [reply(n) for n in range(100)]


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from locomo.errors import InputError
from locomo.llm import Message, Request, RequestCache, Response

cache = RequestCache(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))

def pair(n):
    return Request("mock", "m", (Message("user", str(n)),), 8), Response("x" * 20_000, "m", 1, 1)

async def main():
    return await asyncio.gather(*(cache.store(*pair(n)) for n in range(40)), return_exceptions=True)

cache.put(*pair("before"))
told = asyncio.run(main())
assert {type(error) for error in told} <= {type(None), InputError}, told
print(*{str(error) for error in told if error})  # which fail depends on how many share a commit
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
asyncio.run(main())  # there is room again
print(len(cache))
"""


def test_a_full_disk_is_said_in_one_line_and_overcome(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    run = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert run.stdout.splitlines() == [f"{tmp_path}: cannot be written (disk I/O error)", "41"]


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


def test_a_pickle_planted_as_a_key_is_refused_and_not_run(tmp_path: Path) -> None:
    folder, target = tmp_path / "cache", tmp_path / "ran"
    RequestCache(folder).close()
    with diskcache.Cache(folder, disk=diskcache.Disk) as planted:
        planted.set((Bomb(target),), "text")
    with pytest.raises(InputError, match="holds an entry that we did not write; move it away"):
        RequestCache(folder).keys()
    assert not target.exists()


def test_the_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "mine"))
    for cache in (RequestCache(), open_cache()):
        assert cache.folder == tmp_path / "mine"
    cache.put(ask("Who?"), reply("Ruth"))
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


def test_a_url_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        InputError, match=r"cannot be at a s3:// URL; expected a folder, or a URL that begins with redis"
    ):
        open_cache("s3://bucket/answers")
    assert os.listdir() == []


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
