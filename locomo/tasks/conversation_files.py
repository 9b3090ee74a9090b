"""A conversation as files that can be searched: one text file a session, one line a turn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import regex

from locomo.retrieval.units import UNITS, Unit
from locomo.schema import Conversation

MOST: Final = 20
"""Lines that `grep` shows."""
_PATIENCE: Final = 0.1
"""Seconds that a pattern may take in a line: a model can write one that would never end."""
_NUMBER: Final = regex.compile(r"\d+")


class ConversationFiles:
    """The files of a conversation. What they return are its turns, as units of kind `dialog`."""

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation

    @cached_property
    def lines(self) -> Mapping[str, Unit]:
        """All lines by id, in the order of the conversation."""
        return {unit.ids[0]: unit for unit in UNITS["dialog"](self._conversation)}

    def listed(self) -> list[tuple[str, str, int]]:
        """Return the name of each file, the day of its session and the number of its lines."""
        return [
            (f"session_{session.number}.txt", session.date, len(session.turns))
            for session in self._conversation.sessions
        ]

    def grep(self, pattern: str) -> list[Unit]:
        """Return the first lines that match, upper or lower case; a pattern that is none is sought as it is written."""
        try:
            sought = regex.compile(pattern, regex.IGNORECASE)
        except regex.error:
            sought = regex.compile(regex.escape(pattern), regex.IGNORECASE)
        found: list[Unit] = []
        for unit in self.lines.values():
            try:
                if pattern and sought.search(f"{unit.speaker}: {unit.text}", timeout=_PATIENCE):
                    found.append(unit)
            except TimeoutError:
                return found
            if len(found) == MOST:
                break
        return found

    def read(self, name: str) -> list[Unit]:
        """Return the lines of a file, by its name or its number; none if there is no such file."""
        number = _NUMBER.search(name)
        return [] if number is None else [unit for unit in self.lines.values() if unit.session == int(number[0])]

    def named(self, text: str) -> list[Unit]:
        """Return the lines whose ids stand in a text, in that order."""
        ids = dict.fromkeys(regex.findall(r"D\d+:\d+", text))
        return [self.lines[each] for each in ids if each in self.lines]
