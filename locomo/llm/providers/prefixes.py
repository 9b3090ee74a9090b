"""What prompts begin with alike, and which of them are worth answering together for it. All lengths are in tokens."""

from __future__ import annotations

from itertools import pairwise

Prompt = list[int]

WORTH = 1024
"""Tokens that a group has to spare to be a batch of its own: to read the weights once more for each new token costs
about as much as to evaluate so many."""


def common_prefix(*prompts: Prompt) -> int:
    """Return how many tokens all begin with."""
    first, last = min(prompts), max(prompts)  # all others lie between them, and so begin with what these two do
    differ = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return next(differ, min(len(first), len(last)))


def shared_groups(prompts: list[Prompt], kept: Prompt) -> tuple[list[list[int]], list[int]]:
    """Return the places of prompts that begin alike, by group, and those of all others, in ascending order each.

    Neighbours in a group have at least half of the shorter prompt in common. Of `kept`, what it and a group begin with
    need not be evaluated at all.
    """
    places = sorted(range(len(prompts)), key=lambda place: prompts[place])
    groups = [places[:1]]
    for before, place in pairwise(places):
        pair = prompts[before], prompts[place]
        if 2 * common_prefix(*pair) >= min(map(len, pair)):
            groups[-1].append(place)
        else:
            groups.append([place])

    def spared(group: list[int]) -> int:
        members = [prompts[place] for place in group]
        return (len(group) - 1) * common_prefix(*members) + common_prefix(kept, *members)

    worth = sorted(sorted(group) for group in groups if group and spared(group) >= WORTH)
    return worth, sorted(set(places).difference(*worth))
