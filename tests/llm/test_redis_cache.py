"""What is special about answers in Redis: the server, its settings, its address and its password."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_server import REASON, RedisServer

from locomo.errors import InputError
from locomo.llm import Message, Request, RequestCache, Response, open_cache
from locomo.llm.cache.browse import read_entries
from locomo.llm.cache.redis_backend import PATIENCE_AT_START
from locomo.llm.cache.transfer import Imported, export_entries, import_entries

redis = pytest.importorskip("redis")
needs_server = pytest.mark.skipif(REASON is not None, reason=str(REASON))
PASSWORD = "planted/77?#"  # noqa: S105
QUOTED = "planted%2F77%3F%23"
ANSWER = Response("Ruth", "m", 1, 1)


def ask(text: object) -> Request:
    return Request("mock", "m", (Message("user", str(text)),), 8)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The user's own answers are out of reach, and nobody reaches for them who was told another place."""
    monkeypatch.setenv("LOCOMO_CACHE_DIR", str(tmp_path / "elsewhere"))
    yield
    assert not (tmp_path / "elsewhere").exists()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, "--requirepass", PASSWORD, "--unixsocket", str(tmp_path / "socket"))
    server.start()
    yield server
    server.kill()


def url(server: RedisServer) -> str:
    return f"redis://:{QUOTED}@127.0.0.1:{server.port}/0"


def error_of(location: str) -> str:
    with pytest.raises(InputError) as caught:
        open_cache(location)
    message = str(caught.value)
    assert "planted" not in message
    assert "\n" not in message
    return message


@needs_server
def test_the_variable_may_name_a_server(monkeypatch: pytest.MonkeyPatch, server: RedisServer) -> None:
    monkeypatch.setenv("LOCOMO_CACHE_DIR", url(server))
    cache = RequestCache()
    cache.put(ask("Who?"), ANSWER)
    assert cache.location == f"redis://127.0.0.1:{server.port}/0"
    assert open_cache(f"unix://:{QUOTED}@{server.folder}/socket").get(ask("Who?")) == ANSWER


@needs_server
def test_an_entry_is_one_readable_string_that_never_expires(server: RedisServer) -> None:
    open_cache(url(server)).put(ask("Who?"), ANSWER)
    client = redis.Redis.from_url(url(server), decode_responses=True)
    assert client.keys() == [f"locomo:{ask('Who?').key}"]
    assert '"content":"Who?"' in client.get(f"locomo:{ask('Who?').key}")
    assert client.ttl(f"locomo:{ask('Who?').key}") == -1


@needs_server
def test_what_others_keep_on_the_server_is_left_alone(server: RedisServer) -> None:
    client = redis.Redis.from_url(url(server), decode_responses=True)
    client.set("theirs", "x")
    cache = open_cache(url(server))
    cache.put(ask("Who?"), ANSWER)
    assert (len(cache), cache.keys()) == (1, [ask("Who?").key])
    cache.backend.delete(cache.keys())
    assert client.keys() == ["theirs"]


@needs_server
def test_a_file_of_answers_is_the_same_as_from_a_folder(server: RedisServer, tmp_path: Path) -> None:
    here, there = open_cache(str(tmp_path / "folder")), open_cache(url(server))
    for n in range(300):
        here.put(ask(n), ANSWER)
    export_entries(read_entries(here.backend), tmp_path / "here.jsonl")
    assert import_entries(tmp_path / "here.jsonl", there.backend) == Imported(new=300)
    assert import_entries(tmp_path / "here.jsonl", there.backend) == Imported(same=300)
    export_entries(read_entries(there.backend), tmp_path / "there.jsonl")
    assert (tmp_path / "there.jsonl").read_bytes() == (tmp_path / "here.jsonl").read_bytes()


@needs_server
def test_a_killed_server_comes_back_with_all_that_was_acknowledged(server: RedisServer) -> None:
    async def main() -> None:
        await asyncio.gather(*(cache.store(ask(n), ANSWER) for n in range(300)))

    cache = open_cache(url(server))
    asyncio.run(main())
    server.kill()
    server.start()
    assert [cache.get(ask(n)) for n in range(300)] == [ANSWER] * 300  # the same object finds it again


@needs_server
def test_a_server_that_goes_away_is_one_line(server: RedisServer) -> None:
    cache = open_cache(url(server))
    server.kill()
    with pytest.raises(InputError) as caught:
        cache.put(ask("Who?"), ANSWER)
    assert str(caught.value).startswith(f"redis://127.0.0.1:{server.port}/0: cannot be written (")
    assert "planted" not in str(caught.value)


@needs_server
def test_a_full_server_refuses_the_answer_and_says_so(server: RedisServer) -> None:
    cache = open_cache(url(server))
    redis.Redis.from_url(url(server)).config_set("maxmemory", "1")
    with pytest.raises(InputError, match=r"cannot be written \(.*maxmemory.*; answers received so far are kept in"):
        asyncio.run(cache.store(ask("Who?"), ANSWER))


@needs_server
@pytest.mark.parametrize(("policy", "fit"), [("allkeys-lru", False), ("allkeys-random", False), ("volatile-lru", True)])
def test_a_server_that_drops_answers_is_refused(server: RedisServer, policy: str, fit: bool) -> None:
    redis.Redis.from_url(url(server)).config_set("maxmemory-policy", policy)
    if fit:  # it drops only what expires, and no answer does
        open_cache(url(server))
    else:
        assert f"drops answers when it is full (maxmemory-policy {policy}); expected noeviction" in error_of(
            url(server)
        )


@needs_server
def test_a_server_that_does_not_tell_its_settings_is_taken(server: RedisServer) -> None:
    client = redis.Redis.from_url(url(server))
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.acl_setuser("team", enabled=True, passwords=["+planted"], keys=["locomo:*"], categories=["+@all"])
    client.acl_setuser("team", enabled=True, keys=["locomo:*"], commands=["-config"])
    cache = open_cache(f"redis://team:planted@127.0.0.1:{server.port}/0")
    cache.put(ask("Who?"), ANSWER)
    assert cache.get(ask("Who?")) == ANSWER


@needs_server
def test_a_wrong_password_is_said_and_not_shown(server: RedisServer) -> None:
    where = f"redis://127.0.0.1:{server.port}/0: cannot be used ("
    assert error_of(f"redis://:planted-wrong@127.0.0.1:{server.port}/0").startswith(where)
    assert error_of(f"redis://127.0.0.1:{server.port}/0") == where + "Authentication required.)"


@needs_server
def test_an_entry_that_is_no_text_is_refused(server: RedisServer) -> None:
    cache = open_cache(url(server))
    redis.Redis.from_url(url(server)).set(f"locomo:{ask('Who?').key}", b"\x80\x04\xff")
    with pytest.raises(InputError, match="hold an entry that we did not write; take another database"):
        cache.get(ask("Who?"))


def test_a_server_that_is_not_there_is_said_after_some_seconds() -> None:
    """It may be restarting."""
    start = time.monotonic()
    assert error_of("redis://me:planted@127.0.0.1:1/3").startswith("redis://127.0.0.1:1/3: cannot be used (")
    assert PATIENCE_AT_START < time.monotonic() - start < PATIENCE_AT_START + 5


@pytest.mark.parametrize("password", ["planted/x", "planted?x", "planted#x", "a:planted/77"])
def test_a_password_that_breaks_the_url_is_not_shown(password: str) -> None:
    assert "with %XX for signs in a password" in error_of(f"redis://:{password}@127.0.0.1:1/0")


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    assert error_of("redis://:planted@127.0.0.1:1/0").endswith("pip install redis")
