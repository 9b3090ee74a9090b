"""Whose turn it is among requests whose prompts begin alike, such as the questions of a conversation."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Group:
    """Requests that begin alike."""

    here: int = 0
    """Those that have come and not gone."""
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    read: asyncio.Event = field(default_factory=asyncio.Event)
    begun: bool = False


class PrefixTurns:
    """The first request of a group goes ahead of its others, and groups follow one another.

    A provider that keeps what it has read then has the beginning when the others come. A server has room for a few
    beginnings only, and drops the one that was not used for longest: so no group is begun while the requests of those
    before it are enough to fill the calls in flight. `room` says how many these are.
    """

    def __init__(self, room: Callable[[], float]) -> None:
        self._room = room
        self._groups: dict[bytes, _Group] = {}
        self._closed: deque[_Group] = deque()
        self._under_way = 0
        """Requests of opened groups that have come and not gone."""

    @asynccontextmanager
    async def turn(self, prefix: bytes) -> AsyncIterator[Callable[[], None]]:
        """Wait for a request's turn, and hold it; what is given has to be called once the prompt was read, or not."""
        group = self._groups.get(prefix)
        if group is None:
            group = self._groups[prefix] = _Group()
            self._closed.append(group)
        group.here += 1
        self._under_way += group.opened.is_set()
        self._open()
        try:
            await group.opened.wait()
            if group.begun:
                await group.read.wait()
            group.begun = True
            yield group.read.set
        finally:
            group.read.set()  # also where nothing was sent
            group.here -= 1
            self._under_way -= group.opened.is_set()
            self._open()

    def _open(self) -> None:
        while self._closed and self._under_way < max(1, int(self._room())):
            group = self._closed.popleft()
            group.opened.set()
            self._under_way += group.here
