"""Dividing what is sent, where a service takes so many things at once and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


def chunks(items: Iterable[Item], *, most: int, room: int, size: Callable[[Item], int]) -> list[list[Item]]:
    """Return items in order in lists of at most `most`, whose sizes add up to at most `room`.

    One that is larger by itself is alone.
    """
    lists: list[list[Item]] = []
    left = 0
    for item in items:
        needed = size(item)
        if not lists or needed > left or len(lists[-1]) == most:
            lists.append([])
            left = room
        lists[-1].append(item)
        left -= needed
    return lists
