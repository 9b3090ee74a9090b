"""The key under which an answer is kept: the same for the same request, another for any other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from locomo.llm import Message, Request

REQUEST = Request(
    provider="openai",
    model="gpt-4o",
    messages=(Message("system", "Be brief."), Message("user", "Où est Ivo ?")),
    max_tokens=32,
    stop=("\n",),
    seed=7,
)


def test_the_key_is_never_changed_unawares() -> None:
    """A change here throws away every answer that anybody has paid for: raise KEY_VERSION if it must be."""
    assert REQUEST.key == "1-4386ea992e7877320bee963d9b18de23f9600b5ddf5c773c01677d375562799d"


def test_fields_in_another_order_give_the_same_key() -> None:
    fields = REQUEST.fields()
    messages = tuple(Message(**dict(reversed(message.items()))) for message in fields.pop("messages"))
    assert Request(messages=messages, **dict(reversed(fields.items()))).key == REQUEST.key


def test_a_field_that_is_not_set_is_not_part_of_the_key() -> None:
    assert "revision" not in REQUEST.fields()
    assert replace(REQUEST, revision=None, repeat=None).key == REQUEST.key


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "azure"},
        {"model": "gpt-4o-mini"},
        {"messages": REQUEST.messages[1:]},
        {"messages": REQUEST.messages[::-1]},
        {"messages": (REQUEST.messages[0], Message("assistant", "Où est Ivo ?"))},
        {"max_tokens": 33},
        {"temperature": 0.1},
        {"stop": None},
        {"stop": ("\n", ".")},
        {"seed": 0},
        {"seed": None},
        {"revision": "2024-08-06"},
        {"repeat": 0},
        {"repeat": 1},
        {"step": "a"},
    ],
    ids=str,
)
def test_any_other_request_has_another_key(change: dict) -> None:
    assert replace(REQUEST, **change).key != REQUEST.key
