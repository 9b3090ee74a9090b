"""Fitting messages to what a model takes, and its answer to what is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from locomo.llm.provider import AnswerError
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


def cut_at_stop(text: str, stop: Sequence[str] | None) -> str:
    """Return the text up to the first stop sequence, as servers do that know them."""
    for sequence in stop or ():
        text = text.partition(sequence)[0]
    return text


def checked_text(text: object, finish_reason: str | None) -> str:
    """Return an answer's text as it can be kept; AnswerError if there is none."""
    if not isinstance(text, str) or not text.strip():
        spent = ": all of max_tokens went into what is not shown; raise it" if finish_reason == "length" else ""
        raise AnswerError(f"the model gave an empty answer{spent}")
    return text.encode(errors="replace").decode()  # an answer that is cut may end in half of a character
