"""Answers in a Redis server, for a team or for machines that share no folder."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from locomo.errors import InputError
from locomo.llm.cache.backend import AwayError

SCHEMES = ("redis://", "rediss://", "unix://")
_EXPECTED = "expected redis://user:password@host:port/db, rediss://… or unix:///path, with %XX for signs in a password"
_PREFIX = "locomo:"
_BATCH = 200
"""Entries that are read in one go: some 10 MB where prompts are long."""
_LEASE = "locomo-lease:"
"""What a lease's key begins with: another beginning than that of entries."""
PATIENCE_AT_START = 8.0
"""Seconds that a server which cannot be reached is waited for when it is opened: it may be restarting."""

# KEYS are entries and then their leases; a lease is taken where there is no entry and nobody else holds it.
_CLAIM = """
local mine, count = {}, #KEYS / 2
for i = 1, count do
  local lease = KEYS[count + i]
  if redis.call('EXISTS', KEYS[i]) == 0 then
    if redis.call('SET', lease, ARGV[1], 'NX', 'PX', ARGV[2]) then
      mine[#mine + 1] = i
    elseif redis.call('GET', lease) == ARGV[1] then
      redis.call('PEXPIRE', lease, ARGV[2])
      mine[#mine + 1] = i
    end
  end
end
return mine
"""
_RENEW = """
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then
    redis.call('PEXPIRE', KEYS[i], ARGV[2])
  else
    redis.call('SET', KEYS[i], ARGV[1], 'NX', 'PX', ARGV[2])
  end
end
"""
_RELEASE = """
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
"""


class RedisBackend:
    """A `Backend` of one string key an entry, without expiry, under a prefix.

    InputError where the library or the server is missing, or where the server would drop entries when it is full;
    AwayError where it cannot be reached now.
    """

    def __init__(self, url: str) -> None:
        try:
            import redis
            from redis.backoff import ExponentialBackoff
            from redis.retry import Retry
        except ImportError:
            raise InputError(
                "the request cache is to be in Redis, but its library is not here: pip install redis"
            ) from None
        self._error = redis.RedisError
        self._away = (redis.ConnectionError, redis.TimeoutError, redis.ReadOnlyError, OSError)
        try:
            if "@" in urlsplit(url)._replace(netloc="").geturl():  # a "/", "?" or "#" in the password cut it in two
                raise ValueError
            self._client: Any = redis.Redis.from_url(
                url,
                decode_responses=True,
                protocol=2,  # servers of every age speak it
                socket_connect_timeout=5,
                socket_timeout=60,
                retry=Retry(ExponentialBackoff(cap=1, base=0.1), 3),
            )
        except (ValueError, TypeError):  # their words may quote the password
            raise InputError(f"the request cache's Redis URL cannot be read: {_EXPECTED}") from None
        to = self._client.connection_pool.connection_kwargs
        self.location = (
            f"unix://{to.get('path')}"
            if url.startswith("unix://")
            else f"{url.partition('://')[0]}://{to.get('host', 'localhost')}:{to.get('port', 6379)}/{to.get('db', 0)}"
        )
        self._reach()
        self._refuse_eviction()

    def _reach(self) -> None:
        until = time.monotonic() + PATIENCE_AT_START
        while True:
            try:
                with self._or_input_error("used"):
                    self._client.ping()
                return
            except AwayError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.25)

    def _refuse_eviction(self) -> None:
        try:
            policy = self._client.config_get("maxmemory-policy").get("maxmemory-policy", "")
        except self._error:
            return  # hosted servers keep their settings to themselves
        if policy.startswith("allkeys"):
            raise InputError(
                f"{self.location}: this Redis drops answers when it is full (maxmemory-policy {policy}); "
                "expected noeviction: `redis-cli config set maxmemory-policy noeviction`"
            )

    def get(self, key: str) -> str | None:
        """Return the text of a key, or None."""
        with self._or_input_error("read"):
            text: str | None = self._client.get(_PREFIX + key)
            return text

    def put(self, entries: Collection[tuple[str, str]]) -> None:
        """Write all in one command; as durable as the server is set to be."""
        with self._or_input_error("written"):
            self._client.mset({_PREFIX + key: text for key, text in entries})

    def add(self, entries: Collection[tuple[str, str]]) -> set[str]:
        """Write those whose key is not there yet, in one transaction; return their keys."""
        with self._or_input_error("written"), self._client.pipeline(transaction=True) as pipeline:
            for key, text in entries:
                pipeline.set(_PREFIX + key, text, nx=True)
            return {key for (key, _), added in zip(entries, pipeline.execute(), strict=True) if added}

    def claim(self, keys: Collection[str], owner: str, seconds: float) -> set[str]:
        """Take leases (see `SharedBackend`); a server that runs no scripts cannot be shared."""
        mine: set[str] = set()
        for batch in _batches(keys):
            names = [_PREFIX + key for key in batch] + [_LEASE + key for key in batch]
            with self._or_input_error("written"):
                places = self._client.eval(_CLAIM, len(names), *names, owner, int(seconds * 1000))
            mine |= {batch[place - 1] for place in places}
        return mine

    def present(self, keys: Collection[str]) -> set[str]:
        """Return the keys that have an entry."""
        found: set[str] = set()
        for batch in _batches(keys):
            with self._or_input_error("read"), self._client.pipeline(transaction=False) as pipeline:
                for key in batch:
                    pipeline.exists(_PREFIX + key)
                found |= {key for key, there in zip(batch, pipeline.execute(), strict=True) if there}
        return found

    def renew(self, keys: Collection[str], owner: str, seconds: float) -> None:
        """Prolong leases (see `SharedBackend`)."""
        for batch in _batches(keys):
            names = [_LEASE + key for key in batch]
            with self._or_input_error("written"):
                self._client.eval(_RENEW, len(names), *names, owner, int(seconds * 1000))

    def release(self, keys: Collection[str], owner: str) -> None:
        """Give back leases (see `SharedBackend`)."""
        for batch in _batches(keys):
            names = [_LEASE + key for key in batch]
            with self._or_input_error("written"):
                self._client.eval(_RELEASE, len(names), *names, owner)

    def delete(self, keys: Collection[str]) -> None:
        """Delete keys."""
        with self._or_input_error("written"):
            if keys:
                self._client.delete(*(_PREFIX + key for key in keys))

    def keys(self) -> Iterator[str]:
        """Yield all keys, sorted."""
        with self._or_input_error("read"):
            found = set(self._client.scan_iter(match=f"{_PREFIX}*", count=1000))  # SCAN may name a key twice
        yield from sorted(key.removeprefix(_PREFIX) for key in found)

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield all keys with their texts, sorted by key."""
        for batch in self._batches():
            with self._or_input_error("read"):
                texts = self._client.mget([_PREFIX + key for key in batch])
            for key, text in zip(batch, texts, strict=True):
                if text is not None:  # None: deleted since
                    yield key, text

    def size(self) -> int:
        """Return the bytes of memory that the entries take."""
        total = 0
        for batch in self._batches():
            with self._or_input_error("read"), self._client.pipeline(transaction=False) as pipeline:
                for key in batch:
                    pipeline.memory_usage(_PREFIX + key)
                total += sum(size or 0 for size in pipeline.execute())
        return total

    def __len__(self) -> int:
        return sum(1 for _ in self.keys())

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _batches(self) -> Iterator[list[str]]:
        yield from _batches(list(self.keys()))

    @contextmanager
    def _or_input_error(self, done: str) -> Iterator[None]:
        try:
            yield
        except self._away as error:
            raise AwayError(f"{self.location}: cannot be {done} ({' '.join(str(error).split())})") from None
        except self._error as error:
            raise InputError(f"{self.location}: cannot be {done} ({' '.join(str(error).split())})") from None
        except UnicodeDecodeError:
            raise InputError(
                f"{self.location}: keys {_PREFIX}* hold an entry that we did not write; take another database"
            ) from None


def _batches(keys: Collection[str]) -> Iterator[list[str]]:
    listed = list(keys)
    for start in range(0, len(listed), _BATCH):
        yield listed[start : start + _BATCH]
