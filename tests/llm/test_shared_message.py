"""Messages that hold their common beginning once are the messages that they stand for."""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from locomo.llm import Message, Request
from locomo.llm.shared_message import SharedMessage


def request(message: Message) -> Request:
    return Request(provider="mock", model="words", messages=(Message("system", "Be brief."), message), max_tokens=8)


def test_it_has_the_text_and_the_key_of_the_whole_message() -> None:
    start = "A long conversation. "
    shared, whole = SharedMessage("user", "Who spoke?", start=start), Message("user", f"{start}Who spoke?")
    assert (shared.content, shared.fields()) == (whole.content, whole.fields())
    assert request(shared).key == request(whole).key
    assert request(SharedMessage("user", "Who spoke?")).key != request(whole).key


def test_the_beginning_is_not_copied() -> None:
    start = "x" * 1000
    one, other = SharedMessage("user", "1", start=start), SharedMessage("user", "2", start=start)
    assert one._start is other._start is start


def test_it_leaves_the_process_whole_and_may_get_another_text() -> None:
    shared = SharedMessage("user", "b", start="a")
    assert copy(shared) == Message("user", "ab")
    assert replace(shared, content="c").content == "c"
