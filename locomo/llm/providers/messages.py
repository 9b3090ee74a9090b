"""Fitting messages to what a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from locomo.llm.types import Message


def split_system(messages: Sequence[Message]) -> tuple[str, list[Message]]:
    """Return the text of all system messages, for providers that take it apart from the turns, and the turns."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    return system, [message for message in messages if message.role != "system"]


def merge_system(messages: Sequence[Message]) -> list[Message]:
    """Return the turns with the system text put before the first one of the user, for models without that role."""
    system, turns = split_system(messages)
    if not system:
        return turns
    if not turns or turns[0].role != "user":
        return [Message("user", system), *turns]
    return [replace(turns[0], content=f"{system}\n\n{turns[0].content}"), *turns[1:]]
